/** A comparison in the terminal: the verdict first, then what changed, the gates, the flips. */
import type { ComparisonRecord, ModelComparison } from '../scoring/comparison-record.ts';
import type { Answer } from '../scoring/flips.ts';
import { className } from './classes.ts';
import {
  changeRows,
  churnSentence,
  comparedModels,
  comparisonNotes,
  driftSentence,
  flipWords,
  gateRows,
  lostClasses,
  nothingChanged,
  pairLabel,
  scopeWords,
  sideWords,
  verdictSentence,
} from './comparison-words.ts';
import { counted, grouped, percent } from './numbers.ts';
import { plainTable } from './plain-table.ts';
import { clip, visible } from './visible.ts';

const limits = { flips: 10, classes: 5, text: 60 };

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
  const rows = gateRows(record);
  if (rows.length === 0) return null;
  const population = record.estimand === 'population';
  const table = plainTable({
    head: [
      ...['model', 'metric', 'baseline', 'candidate', 'lost', 'gained', 'balance'],
      ...(population ? ['p of a loss', 'p of the margin'] : ['margin', 'noise', 'p']),
      'verdict',
    ],
    right: [2, 3, 4, 5, 6, 7, 8, 9].slice(0, population ? 7 : 8),
    rows: rows.map(({ model, metric, gate }) => [
      model,
      metric,
      percent(gate.baseline / gate.images),
      percent(gate.candidate / gate.images),
      grouped(gate.onlyBaselineRight),
      grouped(gate.onlyCandidateRight),
      balance(gate.lostImages),
      ...(population
        ? [gate.adjustedPValue.toPrecision(2), gate.marginPValue.toPrecision(2)]
        : [grouped(gate.marginImages), grouped(gate.noise), gate.pValue.toPrecision(2)]),
      gate.verdict,
    ]),
  });
  return `Gates, in images\n${indented(table)}`;
}

const balance = (lost: number) => (lost > 0 ? `-${grouped(lost)}` : `+${grouped(-lost)}`);

function models(record: ComparisonRecord): string[] {
  return comparedModels(record).map((model) =>
    [
      `${visible(pairLabel(model, record))}: ${churnSentence(model)}`,
      ...[driftSentence(model), classLine(model, record)].filter((line) => line !== null),
      ...flipTable(model, record),
    ].join('\n  '),
  );
}

function classLine(model: ModelComparison, record: ComparisonRecord): string | null {
  const lost = lostClasses(model, record.alpha);
  if (lost.length === 0) return null;
  const names = lost
    .slice(0, limits.classes)
    .map(
      ({ label, onlyBaselineRight, images }) =>
        `${clip(visible(className(record, label)), limits.text)} (${onlyBaselineRight} of ${images} lost)`,
    );
  const more = lost.length > names.length ? ` and ${lost.length - names.length} more` : '';
  return `${counted(lost.length, 'class')} lost more than chance would show: ${names.join(', ')}${more}.`;
}

function flipTable(model: ModelComparison, record: ComparisonRecord): string[] {
  const { flips } = model;
  if (flips.length === 0) return [];
  const shown = flips.slice(0, limits.flips);
  const left = flips.length - shown.length;
  const table = plainTable({
    head: ['image', 'label', 'was', 'is', ''],
    rows: shown.map(({ key, label, from, to, kind }) => [
      clip(key, limits.text),
      clip(className(record, label), limits.text),
      answerWords(from, record),
      answerWords(to, record),
      flipWords[kind],
    ]),
  });
  const more =
    left > 0 ? [`${counted(left, 'further flip')} in compare.json (--out, or --json)`] : [];
  return [...table.split('\n'), ...more].map((line) => `  ${line}`);
}

function answerWords({ class: answer, p }: Answer, record: ComparisonRecord): string {
  if (answer === null) return 'no answer';
  const name = clip(className(record, answer), limits.text);
  return p === null ? name : `${name} ${percent(p, 1)}`;
}

function notes(record: ComparisonRecord): string | null {
  const found = comparisonNotes(record);
  return found.length > 0 ? found.map((note) => `Note: ${visible(note)}`).join('\n') : null;
}
