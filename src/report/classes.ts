/** Accuracy by class, ready to be shown: names, the extremes, the commonest confusions. */
import type { ModelResult, RunRecord } from '../scoring/run-record.ts';

export type ClassRow = ModelResult['perClass'][number];

/** `cat`, or `class 3` where the dataset knows no names. */
export function className(
  record: { dataset: Pick<RunRecord['dataset'], 'classNames'> },
  label: number,
): string {
  return record.dataset.classNames?.[label] ?? `class ${label}`;
}

/** Share of the class's images with the right top-1. */
export const top1Rate = ({ top1, expected }: ClassRow) => (expected === 0 ? 0 : top1 / expected);

/** The `limit` worst classes, worst first, and the best, best first; no class is in both. */
export function extremeClasses({ perClass }: ModelResult, limit: number) {
  const ranked = perClass
    .filter(({ expected }) => expected > 0)
    .sort((a, b) => top1Rate(a) - top1Rate(b) || a.label - b.label);
  const worst = ranked.slice(0, Math.min(limit, Math.ceil(ranked.length / 2)));
  const best = ranked
    .slice(Math.max(worst.length, ranked.length - limit))
    .sort((a, b) => top1Rate(b) - top1Rate(a) || a.label - b.label);
  return { worst, best };
}
