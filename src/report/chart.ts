/** One door to the plotting library: a plot becomes plain SVG text that needs no style sheet and no script of its own. */
import * as Plot from '@observablehq/plot';
import { parseHTML } from 'linkedom';
import { Markup } from './markup.ts';
import { light } from './palette.ts';

/** Colours are the custom properties of the page, so that a chart follows light, dark and print. */
export const colours = {
  ink: 'var(--ink)',
  muted: 'var(--muted)',
  line: 'var(--line)',
  paper: 'var(--paper)',
  top1: 'var(--top1)',
  top5: 'var(--top5)',
  rest: 'var(--rest)',
  bad: 'var(--bad)',
};

const { document } = parseHTML('<!doctype html><html></html>');

/** @param title what the chart shows, for readers who do not see it. */
export function drawChart(title: string, options: Plot.PlotOptions): Markup {
  const svg: Element = Plot.plot({ ...options, document });
  for (const style of svg.querySelectorAll('style')) style.remove();
  for (const element of [svg, ...svg.querySelectorAll('*')]) {
    for (const { name, value } of [...element.attributes]) {
      if (geometry.has(name)) element.setAttribute(name, roundNumbers(value));
    }
    element.removeAttribute('aria-label');
  }
  svg.removeAttribute('class');
  svg.setAttribute('role', 'img');
  svg.setAttribute('aria-label', title);
  return new Markup(svg.outerHTML);
}

/** A chart as a picture of its own: the colours of light paper, and what a page would give it. */
export function standAlone({ text }: Markup): string {
  const frame =
    'xmlns="http://www.w3.org/2000/svg" font-family="DejaVu Sans, Liberation Sans, Arial, sans-serif" font-size="11.5"';
  return text
    .replace(/var\(--([a-z0-9-]+)\)/g, (_, name: string) => light[name as keyof typeof light])
    .replaceAll('currentColor', light.ink)
    .replace(/<svg [^>]*>/, (head) => {
      const own = head.replace(/ (font-family|font-size|xmlns)="[^"]*"/g, '');
      return `${own.replace('<svg', `<svg ${frame}`)}<rect width="100%" height="100%" fill="${light.paper}"/>`;
    });
}

/** What is used of the emulated document's elements. */
interface Element {
  outerHTML: string;
  attributes: Iterable<{ name: string; value: string }>;
  querySelectorAll(selector: string): Iterable<Element>;
  setAttribute(name: string, value: string): void;
  removeAttribute(name: string): void;
  remove(): void;
}

const geometry = new Set([
  ...['x', 'y', 'x1', 'x2', 'y1', 'y2', 'dx', 'dy', 'cx', 'cy', 'r'],
  ...['width', 'height', 'd', 'transform'],
]);

/** Two decimals are a hundredth of a pixel. */
const roundNumbers = (text: string) =>
  text.replace(/-?\d+\.\d{3,}(e-?\d+)?/g, (number) => String(Number(Number(number).toFixed(2))));
