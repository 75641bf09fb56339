/** One model in two runs: the counts that its gates stand on, and what changed image by image. */
import { type ClassScan, type NewConfusion, newConfusions, scanClasses } from './class-changes.ts';
import {
  type Agreement,
  agreementOf,
  type Columns,
  type Flip,
  flipsOf,
  type MarginDrift,
  marginDriftOf,
} from './flips.ts';
import {
  type MetricName,
  metrics,
  type PairedCounts,
  pairedCounts,
  rightWithin,
} from './paired.ts';

/** Churn: what accuracy alone does not show. */
export interface Churn {
  flips: Flip[];
  churn: Record<Flip['kind'], number>;
  agreement: Agreement;
  classes: ClassScan;
  newConfusions: NewConfusion[];
  /** Null where a run has no probabilities. */
  marginDrift: MarginDrift | null;
}

export interface Measurement extends Churn {
  /** `top5` is null where a run has fewer than five classes an image. */
  counts: { top1: PairedCounts; top5: PairedCounts | null };
}

/** As many new confusions as a person reads. */
const confusionLimit = 20;

/** @param depth best classes an image that both runs have. */
export function measurePair(columns: Columns, { depth }: { depth: number }): Measurement {
  const count = (metric: MetricName) =>
    pairedCounts(
      rightWithin(columns.baseline, metrics[metric]),
      rightWithin(columns.candidate, metrics[metric]),
    );
  const flips = flipsOf(columns);
  const churn = { lost: 0, gained: 0, changed: 0 };
  for (const { kind } of flips) {
    churn[kind] += 1;
  }
  return {
    counts: { top1: count('top1'), top5: depth < metrics.top5 ? null : count('top5') },
    flips,
    churn,
    agreement: agreementOf(columns),
    classes: scanClasses(columns),
    newConfusions: newConfusions(columns, confusionLimit),
    marginDrift: marginDriftOf(columns),
  };
}
