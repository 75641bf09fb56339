/** Accuracy class by class, and which classes are taken for which. */
import { K, type Predictions } from './records.ts';

export interface ClassCounts {
  label: number;
  expected: number;
  top1: number;
  top5: number;
}

export interface Confusion {
  label: number;
  predicted: number;
  count: number;
}

/** One row a class that occurs in the labels, in class order; a failed image counts as wrong. */
export function perClass(
  labels: readonly number[],
  { states, ranks }: Pick<Predictions, 'states' | 'ranks'>,
): ClassCounts[] {
  const rows = new Map<number, ClassCounts>();
  for (const [image, label] of labels.entries()) {
    const row = rows.get(label) ?? { label, expected: 0, top1: 0, top5: 0 };
    rows.set(label, row);
    row.expected += 1;
    if (states[image] === 'scored') {
      row.top1 += ranks[image] === 1 ? 1 : 0;
      row.top5 += ranks[image] <= 5 ? 1 : 0;
    }
  }
  return [...rows.values()].sort((a, b) => a.label - b.label);
}

/** Wrong top-1 answers, most frequent first, then by label and predicted class; at most `limit`. */
export function confusions(
  labels: readonly number[],
  { states, ranks, classes }: Predictions,
  limit: number,
): Confusion[] {
  const counts = new Map<string, Confusion>();
  for (const [image, label] of labels.entries()) {
    if (states[image] !== 'scored' || ranks[image] === 1) {
      continue;
    }
    const predicted = classes[image * K];
    const pair = `${label} ${predicted}`;
    const row = counts.get(pair) ?? { label, predicted, count: 0 };
    counts.set(pair, row);
    row.count += 1;
  }
  return [...counts.values()]
    .sort((a, b) => b.count - a.count || a.label - b.label || a.predicted - b.predicted)
    .slice(0, limit);
}
