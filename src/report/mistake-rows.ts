/** The images that models got wrong, surest first: one row an image, with what each model took it for. */
import type { RunRecord } from '../scoring/run-record.ts';
import { modelLabels } from './findings.ts';

/** JPEG files by image key. */
export type Pictures = ReadonlyMap<string, Uint8Array>;

export interface MistakeRow {
  key: string;
  label: number;
  /** Surest first; of the models that have it among their surest mistakes. */
  answers: { model: string; predicted: number; probability: number }[];
}

/** By the surest answer of each image. */
export function mistakeRows(record: RunRecord): MistakeRow[] {
  const labels = modelLabels(record);
  const rows = new Map<string, MistakeRow>();
  for (const [index, { mistakes }] of record.models.entries()) {
    for (const { key, label, predicted, probability } of mistakes) {
      const row = rows.get(key) ?? { key, label, answers: [] };
      rows.set(key, row);
      row.answers.push({ model: labels[index], predicted, probability });
    }
  }
  const sorted = [...rows.values()];
  for (const { answers } of sorted) answers.sort((a, b) => b.probability - a.probability);
  return sorted.sort((a, b) => b.answers[0].probability - a.answers[0].probability);
}
