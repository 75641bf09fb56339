/** All models of one comparison together, for their gates share the error level: two metrics a model. */
import type { Measurement } from './measure-pair.ts';
import { type MetricName, metricNames } from './paired.ts';
import {
  type Estimand,
  type Gate,
  type GateVerdict,
  judgeGates,
  smallestDetectableDrop,
  type Verdict,
  worstVerdict,
} from './verdict.ts';

/** W of each metric, in images; null: not calibrated. */
export type NoiseBounds = Record<MetricName, number> | null;

export interface JudgeOptions {
  estimand: Estimand;
  /** Accepted loss of each metric, a fraction of the images. */
  margin: Record<MetricName, number>;
  /** Error level of the night, shared by all gates. */
  alpha: number;
}

/** `baseline` and `candidate` count right images; failed ones are wrong. */
export interface MetricComparison extends Gate, GateVerdict {
  /** False: the noise was never measured, and counts as none. */
  calibrated: boolean;
  /** For planning, with as many discordant images as here; null under `manifest`, which sees every drop. */
  smallestDetectableDrop: number | null;
}

export interface PairVerdict {
  verdict: Verdict;
  metrics: { top1: MetricComparison; top5: MetricComparison | null };
}

/** @returns in the order of `pairs`. */
export function judgePairs(
  pairs: readonly (Pick<Measurement, 'counts'> & { noise: NoiseBounds })[],
  options: JudgeOptions,
): PairVerdict[] {
  const gates = pairs.flatMap(({ counts, noise }, pair) =>
    metricNames.flatMap((metric) => {
      const paired = counts[metric];
      const margin = options.margin[metric];
      return paired
        ? { pair, metric, gate: { ...paired, margin, noise: noise?.[metric] ?? 0 } }
        : [];
    }),
  );
  const judged = judgeGates(
    gates.map(({ gate }) => gate),
    options,
  );
  const compared = gates.map(({ pair, metric, gate }, index) => ({
    pair,
    metric,
    comparison: {
      ...gate,
      ...judged[index],
      calibrated: pairs[pair].noise !== null,
      smallestDetectableDrop: detectable(gate, { gates: gates.length, options }),
    },
  }));
  return pairs.map((_, index) => {
    const own = compared.filter(({ pair }) => pair === index);
    const of = (metric: MetricName) => own.find((gate) => gate.metric === metric)?.comparison;
    return {
      verdict: worstVerdict(own.map(({ comparison }) => comparison.verdict)),
      metrics: { top1: of('top1')!, top5: of('top5') ?? null },
    };
  });
}

function detectable(
  { images, onlyBaselineRight, onlyCandidateRight }: Gate,
  { gates, options: { estimand, alpha } }: { gates: number; options: JudgeOptions },
): number | null {
  if (estimand === 'manifest') {
    return null;
  }
  const discordant = (onlyBaselineRight + onlyCandidateRight) / images;
  return smallestDetectableDrop({ images, discordant, alpha, gates });
}
