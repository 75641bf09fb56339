/** Class by class: which classes lost, and which confusions are new. */
import type { Columns } from './flips.ts';
import { benjaminiHochberg } from './holm.ts';
import { mcnemarP } from './mcnemar.ts';
import { type Discordant, rightWithin } from './paired.ts';
import { confusions } from './per-class.ts';

export interface ClassChange extends Discordant {
  label: number;
  images: number;
  /** One-sided exact McNemar on the top-1 answers of this class. */
  pValue: number;
  /** Adjusted over all classes of the labels by Benjamini and Hochberg. */
  adjustedPValue: number;
}

export interface ClassScan {
  /** Classes tested: all that occur in the labels. */
  classes: number;
  /** Classes in which any top-1 answer turned right or wrong, the smallest p-value first. */
  changes: ClassChange[];
}

/** A pointer to where to look; no verdict stands on it. */
export function scanClasses({ labels, baseline, candidate }: Columns): ClassScan {
  const before = rightWithin(baseline, 1);
  const after = rightWithin(candidate, 1);
  const counts = new Map<number, Omit<ClassChange, 'pValue' | 'adjustedPValue'>>();
  for (const [image, label] of labels.entries()) {
    const row = counts.get(label) ?? {
      label,
      images: 0,
      onlyBaselineRight: 0,
      onlyCandidateRight: 0,
    };
    counts.set(label, row);
    row.images += 1;
    row.onlyBaselineRight += before[image] && !after[image] ? 1 : 0;
    row.onlyCandidateRight += after[image] && !before[image] ? 1 : 0;
  }
  const rows = [...counts.values()].sort((a, b) => a.label - b.label);
  const pValues = rows.map(mcnemarP);
  const adjusted = benjaminiHochberg(pValues);
  return {
    classes: rows.length,
    changes: rows
      .map((row, index) => ({ ...row, pValue: pValues[index], adjustedPValue: adjusted[index] }))
      .filter((row) => row.onlyBaselineRight + row.onlyCandidateRight > 0)
      .sort((a, b) => a.pValue - b.pValue),
  };
}

export interface NewConfusion {
  label: number;
  predicted: number;
  /** Images of the label that the baseline took for `predicted`. */
  baseline: number;
  candidate: number;
}

/** Pairs of classes that the candidate confuses more often, the largest increase first, at most `limit`. */
export function newConfusions(
  { labels, baseline, candidate }: Columns,
  limit: number,
): NewConfusion[] {
  const before = new Map(
    confusions(labels, baseline, labels.length).map(({ label, predicted, count }) => [
      `${label} ${predicted}`,
      count,
    ]),
  );
  return confusions(labels, candidate, labels.length)
    .map(({ label, predicted, count }) => ({
      label,
      predicted,
      baseline: before.get(`${label} ${predicted}`) ?? 0,
      candidate: count,
    }))
    .filter((pair) => pair.candidate > pair.baseline)
    .sort((a, b) => b.candidate - b.baseline - (a.candidate - a.baseline))
    .slice(0, limit);
}
