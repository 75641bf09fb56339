/** The result of a run in the terminal. */
import type { Metric, ModelResult, RunRecord } from '../scoring/run-record.ts';
import { earlyStopWords } from './early-stop.ts';
import {
  imagesOf,
  labelNotes,
  ledgerSentence,
  ledgers,
  modelLabels,
  modelList,
  statusOf,
} from './findings.ts';
import {
  counted,
  duration,
  grouped,
  percent,
  prefixed,
  publishedPercent,
  signedPoints,
} from './numbers.ts';
import { plainTable } from './plain-table.ts';
import { pairSentence } from './precision-words.ts';
import { clip, visible } from './visible.ts';

const reasonsShown = 5;

/**
 * Status, coverage and one line a model; ends with a line feed. An invalid run says so first.
 * @param plain without box characters, for what is not a terminal; neither form has colours.
 */
export function summaryTable(record: RunRecord, { plain }: { plain: boolean }): string {
  return `${[...heading(record), '', accuracyTable(record, plain), '', ...footing(record)].join('\n')}\n`;
}

function heading(record: RunRecord): string[] {
  const { word, meaning } = statusOf(record);
  const what = `${counted(record.models.length, 'model')}, ${imagesOf(record)}`;
  const reasons = record.reasons
    .slice(0, reasonsShown)
    .map((reason) => `  ${clip(visible(reason), 300)}`);
  const more = record.reasons.length - reasons.length;
  const all = more > 0 ? [...reasons, `  and ${grouped(more)} more`] : reasons;
  const labels = labelNotes(record).map((note) => `  ${visible(note)}`);
  return [`${word}: ${visible(record.name)}, ${what}. ${meaning}`, ...all, ...labels];
}

function accuracyTable(record: RunRecord, plain: boolean): string {
  const labels = modelLabels(record);
  const { mark } = statusOf(record);
  const table = plainTable({
    head: [
      'model',
      'top-1',
      'top-5',
      'correct',
      'published',
      'difference',
      'params',
      mark ? 'status' : '',
    ],
    right: [1, 2, 3, 4, 5, 6],
    rows: record.models.map((model, index) => [labels[index], ...numberCells(model), mark ?? '']),
  });
  const [head, ...rows] = table.split('\n');
  const rule = plain ? [] : ['─'.repeat(head.length)];
  return [head, ...rule, ...rows].join('\n');
}

function numberCells({
  accuracy: { top1, top5, expected },
  published,
  cost,
}: ModelResult): string[] {
  const difference = published && signedPoints(top1.fraction - published.top1);
  return [
    metricCell(top1),
    metricCell(top5),
    `${grouped(top1.correct)} / ${grouped(expected)}`,
    published ? publishedPercent(published.top1, published.digits) : '-',
    difference ?? '-',
    cost ? prefixed(cost.params) : '-',
  ];
}

const metricCell = ({ fraction }: Metric) => percent(fraction);

function footing(record: RunRecord): string[] {
  const { wallSeconds, imagesPerSecond } = record.timings;
  const coverage = ledgers(record).map(({ models, tally }) =>
    visible(`${modelList(models, record.models.length)}: ${ledgerSentence(tally)}`),
  );
  const early = earlyStopWords(record);
  return [
    ...coverage,
    ...(early === null ? [] : [early]),
    ...record.precisions.map((pair) => visible(pairSentence(pair))),
    `${duration(wallSeconds)}, ${imagesPerSecond.toFixed(1)} images × models a second.`,
  ];
}
