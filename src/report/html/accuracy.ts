/** The accuracy table of the HTML report. */
import type { Metric, ModelResult, RunRecord } from '../../scoring/run-record.ts';
import { earlyStopHeader, earlyStopRows, earlyStopWords } from '../early-stop.ts';
import { modelLabels, notesOf, statusOf } from '../findings.ts';
import { type Markup, markup, type Part } from '../markup.ts';
import { grouped, inUnits, percent, prefixed, publishedPercent, signedPoints } from '../numbers.ts';
import { agreementWord, type Difference, differenceOf, publishedWords } from '../published.ts';
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
<div class="scroll">${tableOf({ header, rows, look: 'figures', sortable: true })}</div>
<p class="quiet">Below each figure: correct of all images, and the 95% Wilson interval, for unseen images. Differences are in points.</p>
${publishedWords(record).map((words) => markup`<p class="quiet">${words}</p>\n`)}${notes.length > 0 ? bulletList(notes) : null}</section>`;
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

interface Column {
  name: string;
  cell: (model: ModelResult) => Markup;
}

/** Columns that no model could fill are left out. */
function accuracyColumns(record: RunRecord, mark: string | null): Column[] {
  return [
    { name: 'Top-1', cell: (model) => metricCell(model.accuracy.top1, model, mark) },
    { name: 'Top-5', cell: (model) => metricCell(model.accuracy.top5, model, mark) },
    ...(record.models.some(({ published }) => published) ? publishedColumns(record, mark) : []),
    ...costColumns(record),
  ];
}

const metrics = [
  ['top1', 'top-1'],
  ['top5', 'top-5'],
] as const;

function publishedColumns(record: RunRecord, mark: string | null): Column[] {
  const figures = metrics.map(([metric, name]) => ({
    name: `Published ${name}`,
    cell: ({ published }: ModelResult) => (published ? publishedCell(published, metric) : dash),
  }));
  const differences = metrics.map(([metric, name]) => ({
    name: `Difference ${name}`,
    cell: (model: ModelResult) => {
      const found = differenceOf(model, metric, record);
      return found ? differenceCell(found, mark) : dash;
    },
  }));
  return [...figures, ...differences];
}

const dash = cell('-');

function publishedCell(
  { reference, digits, ...figures }: NonNullable<ModelResult['published']>,
  metric: 'top1' | 'top5',
): Markup {
  const small =
    reference && markup`<small>reference ${publishedPercent(reference[metric])}</small>`;
  return numberCell(figures[metric], [publishedPercent(figures[metric], digits), small]);
}

function differenceCell({ difference, agrees }: Difference, mark: string | null): Markup {
  const word = agreementWord(agrees);
  return numberCell(difference, [
    signedPoints(difference).replace('-', '−'),
    marked(mark),
    word && markup`<small class="${word}">${word}</small>`,
  ]);
}

const costFigures = [
  { figure: 'flops', name: 'FLOPs', unit: 1e9, sign: 'G' },
  { figure: 'params', name: 'Params', unit: 1e6, sign: 'M' },
] as const;

/** Of the artifact's graph, and below it what is printed; in the unit of the print, where there is one. */
function costColumns({ models }: RunRecord): Column[] {
  const printed = models.some(({ published }) => published?.cost);
  if (!printed && !models.some(({ cost }) => cost)) return [];
  return costFigures.map(({ figure, name, unit, sign }) => ({
    name: printed ? `${name} (${sign})` : name,
    cell: ({ cost, published }) => {
      const print = published?.cost?.[figure];
      if (!cost && print === undefined) return dash;
      const text = (count: number) => (printed ? inUnits(count, unit) : prefixed(count));
      return numberCell(cost?.[figure] ?? print ?? 0, [
        cost ? text(cost[figure]) : '-',
        print === undefined ? null : markup`<small>printed ${text(print)}</small>`,
      ]);
    },
  }));
}

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
