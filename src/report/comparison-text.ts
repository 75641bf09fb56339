/** A comparison in the terminal: the verdict first, then what changed, the gates, the flips. */
import type { ComparisonRecord, ModelComparison } from '../scoring/comparison-record.ts';
import { changeRows, nothingChanged } from './change-words.ts';
import { className } from './classes.ts';
import { comparedModels, pairLabel } from './comparison-models.ts';
import { comparisonNotes } from './comparison-notes.ts';
import {
  answerWords,
  churnSentence,
  classSentence,
  driftSentence,
  flipWords,
  gateTable,
  scopeWords,
  sideWords,
  verdictSentence,
} from './comparison-words.ts';
import { counted } from './numbers.ts';
import { plainTable } from './plain-table.ts';
import { clip, visible } from './visible.ts';

const limits = { flips: 10, flipsOfAll: 20, text: 60 };

/** Ends with a line feed; no colours and no boxes, the same in a terminal and in a file. */
export function comparisonText(record: ComparisonRecord): string {
  const blocks = [
    heading(record),
    changes(record),
    gates(record),
    ...models(record),
    notes(record),
  ];
  return `${blocks.filter((block) => block !== null).join('\n\n')}\n`;
}

function heading(record: ComparisonRecord): string {
  return [
    visible(`${record.verdict}: ${verdictSentence(record)}`),
    visible(`  baseline:  ${sideWords(record.baseline)}`),
    visible(`  candidate: ${sideWords(record.candidate)}`),
    `  ${scopeWords(record)}`,
  ].join('\n');
}

function changes(record: ComparisonRecord): string {
  const rows = changeRows(record);
  if (rows.length === 0) return `What changed\n  ${nothingChanged(record)}`;
  const table = plainTable({
    head: ['', 'baseline', 'candidate', ''],
    rows: rows.map((row) => [
      row.what,
      clip(row.baseline, limits.text),
      clip(row.candidate, limits.text),
      row.models,
    ]),
  });
  return `What changed\n${indented(table)}`;
}

const indented = (text: string) => text.replace(/^(?=.)/gm, '  ');

function gates(record: ComparisonRecord): string | null {
  const { head, rows } = gateTable(record);
  if (rows.length === 0) return null;
  const right = head.map((_, column) => column).slice(2, -1);
  return `Gates, in images\n${indented(plainTable({ head, rows, right }))}`;
}

function models(record: ComparisonRecord): string[] {
  const shown = { record, limit: limits.text };
  return comparedModels(record).map((model) =>
    [
      visible(`${pairLabel(model, record)}: ${churnSentence(model)}`),
      ...[driftSentence(model), classSentence(model, shown)]
        .filter((line) => line !== null)
        .map(visible),
      ...flipTable(model, record),
    ].join('\n  '),
  );
}

function flipTable(model: ModelComparison, record: ComparisonRecord): string[] {
  const { flips } = model;
  if (flips.length === 0) return [];
  const rows = Math.floor(limits.flipsOfAll / record.models.length);
  const shown = flips.slice(0, Math.max(2, Math.min(limits.flips, rows)));
  const left = flips.length - shown.length;
  const table = plainTable({
    head: ['image', 'label', 'was', 'is', ''],
    rows: shown.map(({ key, label, from, to, kind }) => [
      clip(key, limits.text),
      clip(className(record, label), limits.text),
      answerWords(from, { record, limit: limits.text }),
      answerWords(to, { record, limit: limits.text }),
      flipWords[kind],
    ]),
  });
  const more =
    left > 0 ? [`${counted(left, 'further flip')} in compare.json (--out, or --json)`] : [];
  return [...table.split('\n'), ...more].map((line) => `  ${line}`);
}

function notes(record: ComparisonRecord): string | null {
  const found = comparisonNotes(record);
  return found.length > 0 ? found.map((note) => `Note: ${visible(note)}`).join('\n') : null;
}
