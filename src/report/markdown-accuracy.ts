/** The accuracy tables of report.md: the figures beside the published ones, then the counts and intervals. */
import type { Metric, ModelResult, RunRecord } from '../scoring/run-record.ts';
import { modelLabels, statusOf } from './findings.ts';
import { type Footnotes, openFootnotes } from './footnotes.ts';
import { escaped, escapedSentence, numbered, table } from './markdown-text.ts';
import { asPublished, fraction, grouped, inUnits, signedFraction } from './numbers.ts';
import { notInRun, type PageRow, pageRows } from './page-rows.ts';
import {
  agreementWord,
  differenceOf,
  noCost,
  nothingPublished,
  notPublished,
  publishedWords,
} from './published.ts';

interface Context {
  record: RunRecord;
  /** Beside every number of a run that is not complete. */
  marked: (text: string) => string;
  notes: Footnotes;
}

export function accuracySection(record: RunRecord): string {
  const { mark } = statusOf(record);
  const marked = (text: string) => (mark ? `${text} (${mark})` : text);
  const context: Context = { record, marked, notes: openFootnotes() };
  const rows = pageRows(record).map((row) => accuracyRow(row, context));
  const reasons = context.notes.reasons().map(escaped);
  return [
    '## Accuracy, FLOPS and parameters',
    table(header, rows),
    ...(reasons.length > 0 ? [numbered(reasons)] : []),
    ...publishedWords(record).map(escapedSentence),
    intervals(record, marked),
  ].join('\n\n');
}

const header = [
  'Models',
  'Top1',
  'Top5',
  'Published<br>top1',
  'Published<br>top5',
  'Difference<br>top1',
  'Difference<br>top5',
  'Reference<br>top1',
  'Reference<br>top5',
  'FLOPS<br>(G)',
  'Parameters<br>(M)',
];

function accuracyRow(row: PageRow, context: Context): string[] {
  const { result } = row;
  const { marked, notes } = context;
  const dash = () => notes.marked('-', notInRun);
  return [
    escaped(row.label),
    ...(['top1', 'top5'] as const).map((metric) =>
      result ? marked(fraction(result.accuracy[metric].fraction)) : dash(),
    ),
    ...publishedCells(row, context),
    ...(['top1', 'top5'] as const).map((metric) =>
      result ? differenceCell(result, metric, context) : dash(),
    ),
    ...referenceCells(row, context),
    ...costCells(row, context),
  ];
}

function publishedCells({ published }: PageRow, { notes }: Context): string[] {
  if (!published) return Array(2).fill(notes.marked('-', nothingPublished));
  const { top1, top5, digits } = published;
  return [asPublished(top1, digits), asPublished(top5, digits)];
}

function differenceCell(
  model: ModelResult,
  metric: 'top1' | 'top5',
  { record, marked, notes }: Context,
): string {
  const found = differenceOf(model, metric, record);
  if (!found) return notes.marked('-', nothingPublished);
  return twoLines(marked(signedFraction(found.difference)), agreementWord(found.agrees));
}

function referenceCells({ published }: PageRow, { notes }: Context): string[] {
  const reference = published?.reference;
  if (reference) return [asPublished(reference.top1), asPublished(reference.top5)];
  return Array(2).fill(notes.marked('-', published ? notPublished : nothingPublished));
}

/** Of the artifact's graph, and below it what is printed. */
function costCells({ result, published }: PageRow, { notes }: Context): string[] {
  const reason = result ? noCost(result) : notInRun;
  const cell = (figure: 'flops' | 'params', unit: number) => {
    const printed = published?.cost?.[figure];
    return twoLines(
      result?.cost ? inUnits(result.cost[figure], unit) : notes.marked('-', reason),
      printed === undefined ? null : `printed ${inUnits(printed, unit)}`,
    );
  };
  return [cell('flops', 1e9), cell('params', 1e6)];
}

const twoLines = (first: string, second: string | null) =>
  second === null ? first : `${first}<br>${second}`;

function intervals(record: RunRecord, marked: (text: string) => string): string {
  const labels = modelLabels(record);
  const cells = ({ correct, low, high }: Metric, expected: number) => [
    marked(`${grouped(correct)} / ${grouped(expected)}`),
    marked(`${fraction(low)} to ${fraction(high)}`),
  ];
  const interval = '95% Wilson interval,<br>for unseen images';
  return table(
    ['Models', 'Top1<br>correct / expected', interval, 'Top5<br>correct / expected', interval],
    record.models.map(({ accuracy: { expected, top1, top5 } }, index) => [
      escaped(labels[index]),
      ...cells(top1, expected),
      ...cells(top5, expected),
    ]),
  );
}
