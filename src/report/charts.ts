/** The charts of the HTML report, drawn from the run record. */
import * as Plot from '@observablehq/plot';
import type { Metric, ModelResult, RunRecord } from '../scoring/run-record.ts';
import { colours, drawChart } from './chart.ts';
import {
  accuracyDomain,
  type ChartRow,
  chartRows,
  letterWidth,
  shortPercent,
} from './chart-rows.ts';
import { top1Rate } from './classes.ts';
import type { Markup } from './markup.ts';
import { grouped, percent } from './numbers.ts';

const width = 520;
const rowHeight = 26;

/** One band a model, in the record's order, with its label on the left. */
function bands(rows: readonly ChartRow[]) {
  const longest = Math.max(0, ...rows.map(({ label }) => label.length));
  return {
    width,
    height: rows.length * rowHeight + 44,
    marginLeft: Math.ceil(longest * letterWidth) + 14,
    marginRight: 64,
    marginTop: 6,
    marginBottom: 38,
    y: {
      type: 'band' as const,
      domain: rows.map(({ place }) => place),
      tickFormat: (place: number) => rows[place].label,
      tickSize: 0,
      label: null,
      padding: 0.3,
    },
  };
}

/** Accuracy of each model with its interval and, as an upright stroke, the published figure. */
export function accuracyChart(record: RunRecord, metric: 'top1' | 'top5'): Markup {
  const name = metric === 'top1' ? 'Top-1' : 'Top-5';
  const rows = chartRows(record).map((row) => ({
    ...row,
    ...row.model.accuracy[metric],
    published: row.model.published?.[metric] ?? null,
  }));
  const colour = colours[metric];
  return drawChart(`${name} accuracy of each model with its 95% interval for unseen images`, {
    ...bands(rows),
    x: {
      domain: accuracyDomain(rows),
      tickFormat: shortPercent,
      ticks: 5,
      label: `${name} accuracy →`,
    },
    marks: [
      Plot.gridX({ ticks: 5, stroke: colours.line, strokeOpacity: 1 }),
      Plot.ruleY(rows, {
        y: 'place',
        x1: 'low',
        x2: 'high',
        stroke: colour,
        strokeOpacity: 0.3,
        strokeWidth: 7,
        strokeLinecap: 'round',
      }),
      Plot.tickX(
        rows.filter(({ published }) => published !== null),
        { x: 'published', y: 'place', stroke: colours.ink, strokeWidth: 1.5 },
      ),
      Plot.dot(rows, {
        y: 'place',
        x: 'fraction',
        r: 4,
        fill: colour,
        stroke: colours.paper,
        strokeWidth: 1.5,
        title: accuracyTitle,
      }),
      Plot.text(rows, {
        y: 'place',
        frameAnchor: 'right',
        dx: 60,
        textAnchor: 'end',
        text: ({ fraction }: Metric) => percent(fraction),
        fill: colours.ink,
      }),
    ],
  });
}

function accuracyTitle({ label, model, low, high, correct }: ChartRow & Metric): string {
  return `${label}: ${grouped(correct)} of ${grouped(model.accuracy.expected)}; ${percent(low)} to ${percent(high)} for unseen images`;
}

/** What became of the images: label first, among the five best, further back, or no answer. */
export function outcomeChart(record: RunRecord): Markup {
  const rows = chartRows(record);
  const parts = rows.flatMap(({ place, label, model }) =>
    outcomes(model).map((part) => ({ ...part, place, label })),
  );
  return drawChart('Share of the images by the rank of their label, for each model', {
    ...bands(rows),
    marginRight: 20,
    x: { domain: [0, 1], tickFormat: shortPercent, ticks: 5, label: 'Share of the images →' },
    marks: [
      Plot.rectX(parts, {
        y: 'place',
        x1: 'from',
        x2: 'to',
        fill: 'colour',
        fillOpacity: 'opacity',
        insetRight: 0.5,
        title: ({ label, name, images }: (typeof parts)[number]) =>
          `${label}: ${name}, ${grouped(images)} images`,
      }),
    ],
    color: { type: 'identity' },
    opacity: { type: 'identity' },
  });
}

export const outcomeNames = ['rank 1', 'rank 2 to 5', 'rank 6 or more', 'failed'] as const;

function outcomes({ tally }: ModelResult) {
  const { expected, scored, top1, top5 } = tally;
  const images = [top1, top5 - top1, scored - top5, expected - scored];
  const looks = [
    { colour: colours.top1, opacity: 1 },
    { colour: colours.top1, opacity: 0.45 },
    { colour: colours.rest, opacity: 1 },
    { colour: colours.bad, opacity: 1 },
  ];
  let before = 0;
  return images
    .map((count, index) => {
      const from = before / Math.max(1, expected);
      before += count;
      return {
        name: outcomeNames[index],
        images: count,
        from,
        to: before / Math.max(1, expected),
        ...looks[index],
      };
    })
    .filter((part) => part.images > 0);
}

const classBins = 25;

/**
 * How many classes reach which top-1, a histogram a model. Bins are closed on the right, so that with 50 images a class
 * each holds two of the possible accuracies and none stands out by arithmetic.
 */
export function classChart(record: RunRecord): Markup {
  const rows = chartRows(record);
  const bins = rows.flatMap(({ place, label, model }) =>
    classHistogram(model).map((bin) => ({ ...bin, place, label })),
  );
  const frame = bands(rows);
  return drawChart('Number of classes by their top-1 accuracy, for each model', {
    width: frame.width,
    height: rows.length * (rows.length > 3 ? rowHeight : 3 * rowHeight) + 44,
    marginLeft: frame.marginLeft,
    marginRight: 20,
    marginTop: 6,
    marginBottom: 38,
    x: {
      domain: [0, 1],
      tickFormat: shortPercent,
      ticks: 5,
      label: 'Top-1 accuracy of the class →',
    },
    y: { axis: null },
    fy: {
      domain: rows.map(({ place }) => place),
      tickFormat: frame.y.tickFormat,
      label: null,
      axis: 'left',
      padding: 0.12,
    },
    marks: [
      Plot.ruleY([0], { stroke: colours.line }),
      Plot.rectY(bins, {
        fy: 'place',
        x1: 'from',
        x2: 'to',
        y: 'classes',
        inset: 0.5,
        insetBottom: 0,
        fill: colours.top1,
        fillOpacity: 0.75,
        title: ({ label, from, to, classes }: (typeof bins)[number]) =>
          `${label}: ${grouped(classes)} classes with ${shortPercent(from)} to ${shortPercent(to)}`,
      }),
    ],
  });
}

function classHistogram({ perClass }: ModelResult) {
  const counts = new Array<number>(classBins).fill(0);
  for (const row of perClass) {
    counts[Math.max(0, Math.ceil(top1Rate(row) * classBins - 1e-9) - 1)] += 1;
  }
  return counts
    .map((classes, bin) => ({ classes, from: bin / classBins, to: (bin + 1) / classBins }))
    .filter(({ classes }) => classes > 0);
}
