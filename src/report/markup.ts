/** Markup that escapes by itself: what is put into a template is text, unless it is markup already. */
import { visible } from './visible.ts';

/** Text that is HTML or XML already. */
export class Markup {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }
}

export type Part = string | number | Markup | null | readonly Part[];

const entities: Record<string, string> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

/** Valid in the content and in the quoted attributes of HTML and of XML. */
function escapeMarkup(text: string): string {
  return visible(text).replace(/[&<>"']/g, (character) => entities[character]);
}

/** A template tag: strings and numbers are escaped, lists joined, null is nothing. */
export function markup(strings: TemplateStringsArray, ...parts: Part[]): Markup {
  return new Markup(
    strings
      .map((string, index) => string + (index < parts.length ? textOf(parts[index]) : ''))
      .join(''),
  );
}

/** Several lines of text, kept as lines. */
export function lines(text: string): Markup {
  return new Markup(text.split('\n').map(escapeMarkup).join('\n'));
}

function textOf(part: Part): string {
  if (part === null) return '';
  if (part instanceof Markup) return part.text;
  if (typeof part === 'string' || typeof part === 'number') return escapeMarkup(String(part));
  return part.map(textOf).join('');
}
