/** The accuracy table of the HTML report. */
import type { Metric, ModelResult, RunRecord } from '../../scoring/run-record.ts';
import { earlyStopHeader, earlyStopRows, earlyStopWords } from '../early-stop.ts';
import { modelLabels, notesOf, statusOf } from '../findings.ts';
import { type Markup, markup, type Part } from '../markup.ts';
import { grouped, percent, prefixed, publishedPercent, signedPoints } from '../numbers.ts';
import { bulletList, cell, numberCell, tableOf, textCell } from './table.ts';

export function accuracy(record: RunRecord): Markup {
  const labels = modelLabels(record);
  const { mark } = statusOf(record);
  const columns = accuracyColumns(record, mark);
  const rows = record.models.map((model, index) => [
    markup`<td class="model"><bdi>${breakable(labels[index])}</bdi></td>`,
    ...columns.map(({ cell }) => cell(model)),
  ]);
  const header = ['Model', ...columns.map(({ name }) => name)];
  const notes = notesOf(record);
  return markup`<section><h2>Accuracy</h2>
<div class="scroll">${tableOf({ header, rows, sortable: true })}</div>
<p class="quiet">Below each figure: correct of all images, and the 95% Wilson interval, for unseen images.${publishedWords(record)}</p>
${notes.length > 0 ? bulletList(notes) : null}</section>`;
}

/** How the gates of a run stand that may stop early; null for another run. */
export function earlyStop(record: RunRecord): Markup | null {
  const words = earlyStopWords(record);
  if (words === null) return null;
  const rows = earlyStopRows(record).map(([model, ...cells]) => [
    textCell(model),
    ...cells.map(cell),
  ]);
  return markup`<section><h2>Early stop</h2>
<div class="scroll">${tableOf({ header: earlyStopHeader, rows })}</div>
<p class="quiet">${words}</p></section>`;
}

/** A long name may break after a sign that joins its parts. */
function breakable(label: string): Part {
  return label
    .split(/(?<=[_.-])/)
    .map((part, index) => (index === 0 ? part : markup`<wbr>${part}`));
}

function publishedWords({ models }: RunRecord): string | null {
  const sources = models.flatMap(({ published }) => (published ? [published.source] : []));
  if (sources.length === 0) return null;
  return ` Difference: measured less published, in points. Published figures: ${[...new Set(sources)].join('; ')}.`;
}

interface Column {
  name: string;
  cell: (model: ModelResult) => Markup;
}

/** Columns that no model could fill are left out. */
function accuracyColumns({ models }: RunRecord, mark: string | null): Column[] {
  const published = models.some((model) => model.published);
  const cost = models.some((model) => model.cost);
  return [
    { name: 'Top-1', cell: (model) => metricCell(model.accuracy.top1, model, mark) },
    { name: 'Top-5', cell: (model) => metricCell(model.accuracy.top5, model, mark) },
    ...(published ? publishedColumns(mark) : []),
    ...(cost ? costColumns : []),
  ];
}

function publishedColumns(mark: string | null): Column[] {
  const metrics = [
    ['top1', 'top-1'],
    ['top5', 'top-5'],
  ] as const;
  const figures = metrics.map(([metric, name]) => ({
    name: `Published ${name}`,
    cell: ({ published }: ModelResult) =>
      cell(published ? publishedPercent(published[metric]) : '-'),
  }));
  const differences = metrics.map(([metric, name]) => ({
    name: `Difference ${name}`,
    cell: ({ published, accuracy }: ModelResult) =>
      published ? differenceCell(accuracy[metric].fraction - published[metric], mark) : cell('-'),
  }));
  return [...figures, ...differences];
}

const differenceCell = (difference: number, mark: string | null) =>
  numberCell(difference, [signedPoints(difference).replace('-', '−'), marked(mark)]);

const costColumns: Column[] = [
  {
    name: 'Params',
    cell: ({ cost }) => (cost ? numberCell(cost.params, prefixed(cost.params)) : cell('-')),
  },
  {
    name: 'FLOPs',
    cell: ({ cost }) => (cost ? numberCell(cost.flops, prefixed(cost.flops)) : cell('-')),
  },
];

function metricCell(
  metric: Metric,
  { accuracy: { expected } }: ModelResult,
  mark: string | null,
): Markup {
  const { correct, fraction, low, high } = metric;
  const interval = `${percent(low)} – ${percent(high)}`;
  return numberCell(
    fraction,
    markup`<b>${percent(fraction)}</b>${marked(mark)}<small>${grouped(correct)} / ${grouped(expected)}</small><small>${interval}</small>`,
  );
}

const marked = (mark: string | null) => mark && markup`<span class="mark">${mark}</span>`;
