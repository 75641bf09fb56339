/** compare.md: a comparison as the summary of a pull request. */
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
  gateLegend,
  gateTable,
  scopeWords,
  sideWords,
  verdictSentence,
} from './comparison-words.ts';
import { bullets, code, escaped, escapedSentence, table } from './markdown-text.ts';
import { counted, grouped } from './numbers.ts';
import { capitalised, clip } from './visible.ts';

/** Rows of a model and of all together: GitHub refuses comments of more than 65,536 characters. */
const limits = { flips: 20, confusions: 10, rowsOfAll: 70, text: 50 };

export function comparisonMarkdown(record: ComparisonRecord): string {
  const sections = [
    heading(record),
    changes(record),
    gates(record),
    ...comparedModels(record).map((model) => churn(model, record)),
    notes(record),
  ];
  return `${sections.filter((section) => section !== null).join('\n\n')}\n`;
}

function heading(record: ComparisonRecord): string {
  const { verdict, reasons, baseline, candidate } = record;
  const refused = verdict === 'invalid';
  return [
    `## topfive: ${verdict}`,
    refused
      ? `**These runs cannot be compared**, so there is no verdict on accuracy.\n\n${bullets(reasons.map(escapedSentence))}`
      : `**${escapedSentence(verdictSentence(record))}**`,
    bullets([
      `Baseline: ${escaped(sideWords(baseline))}`,
      `Candidate: ${escaped(sideWords(candidate))}`,
      capitalised(scopeWords(record)),
    ]),
  ].join('\n\n');
}

function changes(record: ComparisonRecord): string {
  const rows = changeRows(record).map(({ what, baseline, candidate, models }) => [
    escaped(what),
    code(baseline),
    code(candidate),
    escaped(models),
  ]);
  const body =
    rows.length === 0
      ? nothingChanged(record)
      : table(['What', 'Baseline', 'Candidate', 'Models'], rows);
  return `### What changed\n\n${body}`;
}

function gates(record: ComparisonRecord): string | null {
  const { head, rows } = gateTable(record);
  if (rows.length === 0) return null;
  const cells = rows.map((row) => row.map(escaped));
  return `### Gates\n\n${table(head.map(capitalised), cells)}\n\n${gateLegend(record)}`;
}

function churn(model: ModelComparison, record: ComparisonRecord): string {
  const label = escaped(pairLabel(model, record));
  const shown = { record, limit: limits.text };
  const sentences = [churnSentence(model), driftSentence(model), classSentence(model, shown)]
    .filter((sentence) => sentence !== null)
    .map(escapedSentence);
  const parts = [flipTable(model, record), confusionTable(model, record)].filter(
    (part) => part !== null,
  );
  const details =
    parts.length === 0
      ? []
      : [`<details>\n<summary>Flips of ${label}</summary>\n\n${parts.join('\n\n')}\n\n</details>`];
  return [`### ${label}`, sentences.join(' '), ...details].join('\n\n');
}

const named = (label: number, record: ComparisonRecord) =>
  escaped(clip(className(record, label), limits.text));

/** As many rows as a table of this model may have. */
function rowsOf(most: number, { models }: ComparisonRecord): number {
  return Math.max(2, Math.min(most, Math.floor(limits.rowsOfAll / models.length)));
}

function flipTable({ flips }: ModelComparison, record: ComparisonRecord): string | null {
  if (flips.length === 0) return null;
  const shown = { record, limit: limits.text };
  const rows = rowsOf(limits.flips, record);
  const listed = table(
    ['Image', 'Label', 'Was', 'Is', ''],
    flips
      .slice(0, rows)
      .map(({ key, label, from, to, kind }) => [
        code(key),
        named(label, record),
        escaped(answerWords(from, shown)),
        escaped(answerWords(to, shown)),
        flipWords[kind],
      ]),
  );
  const left = flips.length - rows;
  return left > 0 ? `${listed}\n\n${counted(left, 'further flip')} in compare.json.` : listed;
}

function confusionTable(model: ModelComparison, record: ComparisonRecord): string | null {
  if (model.newConfusions.length === 0) return null;
  return table(
    ['Label', 'Taken for', 'Baseline', 'Candidate'],
    model.newConfusions
      .slice(0, rowsOf(limits.confusions, record))
      .map(({ label, predicted, baseline, candidate }) => [
        named(label, record),
        named(predicted, record),
        grouped(baseline),
        grouped(candidate),
      ]),
  );
}

function notes(record: ComparisonRecord): string | null {
  const found = comparisonNotes(record);
  return found.length > 0 ? `### Notes\n\n${bullets(found.map(escapedSentence))}` : null;
}
