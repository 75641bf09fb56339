/** The accuracy table of the HTML report. */
import type { Metric, ModelResult, RunRecord } from '../../scoring/run-record.ts';
import { earlyStopHeader, earlyStopRows, earlyStopWords } from '../early-stop.ts';
import { notesOf, statusOf } from '../findings.ts';
import { type Footnotes, openFootnotes } from '../footnotes.ts';
import { labelSetHeader, labelSetRows, labelSetWords } from '../label-set-rows.ts';
import { type Markup, markup, type Part } from '../markup.ts';
import { grouped, inUnits, percent, prefixed, publishedPercent, signedPoints } from '../numbers.ts';
import { notInRun, type PageRow, pageRows } from '../page-rows.ts';
import {
  agreementWord,
  type Difference,
  differenceOf,
  noCost,
  nothingPublished,
  notPublished,
  publishedWords,
} from '../published.ts';
import { capitalised } from '../visible.ts';
import {
  bulletList,
  cell,
  dashCell,
  modelCell,
  numberCell,
  reasonList,
  tableOf,
  textCell,
} from './table.ts';

export function accuracy(record: RunRecord): Markup {
  const page = pageRows(record);
  const footnotes = openFootnotes();
  const columns = accuracyColumns(page, { record, mark: statusOf(record).mark, footnotes });
  const rows = page.map((row) => [
    modelCell(row.label),
    ...columns.map(({ cell: cellOf }) => cellOf(row)),
  ]);
  const header = ['Model', ...columns.map(({ name }) => name)];
  const notes = notesOf(record);
  return markup`<section><h2>Accuracy, FLOPS and parameters</h2>
<div class="scroll">${tableOf({ header, rows, look: 'figures', sortable: true })}</div>
${reasonList(footnotes)}<p class="quiet">Below each figure: correct of all images, and the 95% Wilson interval, for unseen images. Differences are in points.</p>
${publishedWords(record).map((words) => markup`<p class="quiet">${words}</p>\n`)}${notes.length > 0 ? bulletList(notes) : null}</section>`;
}

/** Null for a run without further label sets. */
export function labelSets(record: RunRecord): Markup | null {
  const rows = labelSetRows(record).map(([model, set, ...cells]) => [
    modelCell(model),
    textCell(set),
    ...cells.map(cell),
  ]);
  if (rows.length === 0) return null;
  return markup`<section><h2>Further labels</h2>
<div class="scroll">${tableOf({ header: labelSetHeader, textColumns: [1], rows })}</div>
<p class="quiet">${labelSetWords}</p></section>`;
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

interface Column {
  name: Part;
  cell: (row: PageRow) => Markup;
}

interface Context {
  record: RunRecord;
  mark: string | null;
  footnotes: Footnotes;
}

const metrics = [
  ['top1', 'top-1'],
  ['top5', 'top-5'],
] as const;

/** Columns that no row could fill are left out. */
function accuracyColumns(rows: readonly PageRow[], context: Context): Column[] {
  return [
    ...metrics.map(([metric, name]) => ({
      name: capitalised(name),
      cell: measured(context, (result) => metricCell(result.accuracy[metric], result, context)),
    })),
    ...(rows.some(({ published }) => published) ? publishedColumns(context) : []),
    ...costColumns(rows, context),
  ];
}

/** A cell of a row that was measured, or why it was not. */
const measured =
  ({ footnotes }: Context, cellOf: (result: ModelResult) => Markup): Column['cell'] =>
  ({ result }) =>
    result ? cellOf(result) : dashCell(footnotes, notInRun);

function publishedColumns(context: Context): Column[] {
  const { record, footnotes } = context;
  const figures = metrics.map(([metric, name]) => ({
    name: markup`Published<br>${name}`,
    cell: ({ published }: PageRow) =>
      published
        ? publishedCell(published, metric, footnotes)
        : dashCell(footnotes, nothingPublished),
  }));
  const differences = metrics.map(([metric, name]) => ({
    name: markup`Difference<br>${name}`,
    cell: measured(context, (result) => {
      const found = differenceOf(result, metric, record);
      return found ? differenceCell(found, context) : dashCell(footnotes, nothingPublished);
    }),
  }));
  return [...figures, ...differences];
}

function publishedCell(
  { reference, digits, ...figures }: NonNullable<ModelResult['published']>,
  metric: 'top1' | 'top5',
  footnotes: Footnotes,
): Markup {
  const authors = reference
    ? publishedPercent(reference[metric])
    : footnotes.marked('-', notPublished);
  return numberCell(figures[metric], [
    publishedPercent(figures[metric], digits),
    markup`<small>reference ${authors}</small>`,
  ]);
}

function differenceCell({ difference, agrees }: Difference, { mark }: Context): Markup {
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
function costColumns(rows: readonly PageRow[], { footnotes }: Context): Column[] {
  const printed = rows.some(({ published }) => published?.cost);
  if (!printed && !rows.some(({ result }) => result?.cost)) return [];
  return costFigures.map(({ figure, name, unit, sign }) => ({
    name: printed ? `${name} (${sign})` : name,
    cell: ({ result, published }) => {
      const cost = result?.cost;
      const print = published?.cost?.[figure];
      const dash = () => footnotes.marked('-', result ? noCost(result) : notInRun);
      const text = (count: number) => (printed ? inUnits(count, unit) : prefixed(count));
      return numberCell(cost?.[figure] ?? print ?? null, [
        cost ? text(cost[figure]) : dash(),
        print === undefined ? null : markup`<small>printed ${text(print)}</small>`,
      ]);
    },
  }));
}

function metricCell(
  metric: Metric,
  { accuracy: { expected } }: ModelResult,
  { mark }: Context,
): Markup {
  const { correct, fraction, low, high } = metric;
  const interval = `${percent(low)} – ${percent(high)}`;
  return numberCell(
    fraction,
    markup`<b>${percent(fraction)}</b>${marked(mark)}<small>${grouped(correct)} / ${grouped(expected)}</small><small>${interval}</small>`,
  );
}

const marked = (mark: string | null) => mark && markup`<span class="mark">${mark}</span>`;
