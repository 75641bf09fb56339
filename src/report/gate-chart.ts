/** The gates of a comparison as a chart: images lost and gained, their balance, and the margin. */
import * as Plot from '@observablehq/plot';
import type { ComparisonRecord } from '../scoring/comparison-record.ts';
import { colours, drawChart } from './chart.ts';
import { letterWidth } from './chart-rows.ts';
import { type GateRow, gateRows } from './comparison-words.ts';
import type { Markup } from './markup.ts';
import { grouped } from './numbers.ts';
import { clip, visible } from './visible.ts';

const width = 1060;
const rowHeight = 30;
const longestLabel = 44;

/** Null when no model could be compared. */
export function gateChart(record: ComparisonRecord): Markup | null {
  const rows = gateRows(record).map((row, place) => ({ ...row, place, ...marksOf(row) }));
  if (rows.length === 0) return null;
  const labels = rows.map(({ model, metric }) => clip(visible(`${model} ${metric}`), longestLabel));
  const longest = Math.max(...labels.map(({ length }) => length));
  const ends = rows.flatMap(({ lost, gained, margin, low, high }) => [
    ...[lost, gained, margin, low, high],
  ]);
  return drawChart('Images lost and gained at each gate, their balance and the margin', {
    width,
    height: rows.length * rowHeight + 50,
    marginLeft: Math.ceil(longest * letterWidth) + 14,
    marginRight: 24,
    marginTop: 8,
    marginBottom: 40,
    x: {
      domain: [Math.min(-1, ...ends) * 1.04, Math.max(1, ...ends) * 1.04],
      label: 'Images, gained less lost →',
      ticks: 8,
    },
    y: {
      type: 'band',
      domain: rows.map(({ place }) => place),
      tickFormat: (place: number) => labels[place],
      tickSize: 0,
      label: null,
      padding: 0.35,
    },
    marks: [
      Plot.gridX({ ticks: 8, stroke: colours.line, strokeOpacity: 1 }),
      Plot.rectX(rows, { ...band, x1: 'lost', x2: 0, fill: colours.bad }),
      Plot.rectX(rows, { ...band, x1: 0, x2: 'gained', fill: colours.top5 }),
      Plot.ruleX([0], { stroke: colours.ink, strokeWidth: 1 }),
      Plot.tickX(rows, { x: 'margin', y: 'place', stroke: colours.bad, strokeWidth: 2 }),
      Plot.ruleY(rows, { y: 'place', x1: 'low', x2: 'high', stroke: colours.ink, strokeWidth: 2 }),
      Plot.dot(rows, { x: 'balance', y: 'place', r: 4, fill: colours.ink, title: titleOf }),
    ],
  });
}

const band = { y: 'place', fillOpacity: 0.35 } as const;

/** Losses stand left of zero; the bar of the balance is as wide as the noise. */
function marksOf({ gate }: GateRow) {
  const balance = 0 - gate.lostImages;
  return {
    balance,
    lost: 0 - gate.onlyBaselineRight,
    gained: gate.onlyCandidateRight,
    margin: 0 - gate.marginImages,
    low: balance - gate.noise,
    high: balance + gate.noise,
  };
}

const titleOf = ({ model, metric, gate }: GateRow) =>
  `${model} ${metric}: ${grouped(gate.onlyBaselineRight)} lost, ${grouped(gate.onlyCandidateRight)} gained; ${gate.verdict}`;
