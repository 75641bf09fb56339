/** The accuracy of a model from night to night, beside that of its baselines. */
import * as Plot from '@observablehq/plot';
import type { HistoryEntry } from '../scoring/history-entry.ts';
import { colours, drawChart } from './chart.ts';
import { shortPercent } from './chart-rows.ts';
import type { Markup } from './markup.ts';
import { grouped, instant, percent } from './numbers.ts';

const size = { width: 1060, height: 240 };

interface Point {
  place: number;
  entry: HistoryEntry;
  accuracy: number;
  baseline: number | null;
}

/** @param nights comparable ones, oldest first; evenly spaced, for a missed night is no drop */
export function trendChart(nights: readonly HistoryEntry[], firstBad: HistoryEntry | null): Markup {
  const points = nights.map((entry, place): Point => {
    const { correct, images, baseline } = entry;
    return {
      place,
      entry,
      accuracy: correct.top1 / images,
      baseline: baseline && baseline.correct.top1 / images,
    };
  });
  const bad = points.filter(({ entry }) => entry === firstBad);
  return drawChart('Top-1 of each night, and of the baseline that it was held against', {
    ...size,
    marginLeft: 58,
    marginRight: 24,
    marginTop: 14,
    marginBottom: 36,
    x: {
      domain: [-0.5, points.length - 0.5],
      ticks: everyFew(points.length),
      tickFormat: (place: number) => points[place]?.entry.at.slice(0, 10) ?? '',
      label: null,
    },
    y: { domain: domainOf(points), tickFormat: shortPercent, ticks: 5, label: '↑ Top-1' },
    marks: [
      Plot.gridY({ ticks: 5, stroke: colours.line, strokeOpacity: 1 }),
      Plot.ruleX(bad, { x: 'place', stroke: colours.bad, strokeDasharray: '3 3' }),
      Plot.lineY(points, {
        x: 'place',
        y: 'baseline',
        curve: 'step',
        stroke: colours.ink,
        strokeDasharray: '5 4',
        strokeWidth: 1,
      }),
      Plot.lineY(points, { x: 'place', y: 'accuracy', stroke: colours.top1, strokeWidth: 1.5 }),
      Plot.dot(points, {
        x: 'place',
        y: 'accuracy',
        r: 4,
        fill: ({ entry }: Point) => colourOf(entry),
        stroke: colours.paper,
        title: titleOf,
      }),
    ],
    color: { type: 'identity' },
  });
}

const colourOf = ({ verdict }: HistoryEntry) =>
  verdict === 'regression'
    ? colours.bad
    : verdict === 'inconclusive'
      ? colours.muted
      : colours.top1;

function titleOf({ entry: { at, correct, images, verdict, runId }, accuracy }: Point): string {
  return `${instant(at)}: ${percent(accuracy)} (${grouped(correct.top1)} of ${grouped(images)}), ${verdict ?? 'no verdict'}, run ${runId}`;
}

/** At most eight labels. */
function everyFew(count: number): number[] {
  const step = Math.max(1, Math.ceil(count / 8));
  return Array.from({ length: Math.ceil(count / step) }, (_, tick) => tick * step);
}

/** A hair more than what the points span, and never so little that one image looks like a cliff. */
function domainOf(points: readonly Point[]): [number, number] {
  const marks = points.flatMap(({ accuracy, baseline }) => [accuracy, baseline ?? accuracy]);
  const [low, high] = [Math.min(1, ...marks), Math.max(0, ...marks)];
  const room = Math.max(0.002, (high - low) * 0.15);
  return [Math.max(0, low - room), Math.min(1, high + room)];
}
