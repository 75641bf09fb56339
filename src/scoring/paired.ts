/** Two columns of right and wrong on the same images, as counts and as outcomes image by image. */
import { K, type Predictions } from './records.ts';

/** The label is among so many best. */
export const metrics = { top1: 1, top5: K } as const;
export type MetricName = keyof typeof metrics;
export const metricNames = Object.keys(metrics) as MetricName[];

/** Images that only one of the two has right: b and c. */
export interface Discordant {
  onlyBaselineRight: number;
  onlyCandidateRight: number;
}

/** `baseline - candidate = onlyBaselineRight - onlyCandidateRight`. */
export interface PairedCounts extends Discordant {
  images: number;
  /** Images that the baseline has right. */
  baseline: number;
  /** Images that the candidate has right. */
  candidate: number;
}

/** One entry an image: is the label among the `within` best? A failed image is wrong. */
export function rightWithin(
  { states, ranks }: Pick<Predictions, 'states' | 'ranks'>,
  within: number,
): boolean[] {
  return states.map((state, image) => state === 'scored' && ranks[image] <= within);
}

/** X of each image: 1 where only the baseline is right, -1 where only the candidate is, else 0. */
export function outcomesOf(
  baseline: readonly boolean[],
  candidate: readonly boolean[],
): Int8Array<ArrayBuffer> {
  return Int8Array.from(baseline, (right, image) => Number(right) - Number(candidate[image]));
}

export function pairedCounts(
  baseline: readonly boolean[],
  candidate: readonly boolean[],
): PairedCounts {
  const outcomes = outcomesOf(baseline, candidate);
  const count = (outcome: number) => outcomes.filter((one) => one === outcome).length;
  return {
    images: baseline.length,
    baseline: baseline.filter(Boolean).length,
    candidate: candidate.filter(Boolean).length,
    onlyBaselineRight: count(1),
    onlyCandidateRight: count(-1),
  };
}

/** D: images lost on balance; negative when the candidate gains. */
export function lostImages({ onlyBaselineRight, onlyCandidateRight }: Discordant): number {
  return onlyBaselineRight - onlyCandidateRight;
}

/** Far above the rounding of a decimal fraction times a count, far below one image. */
const rounding = 1e-6;

/** M = ⌊margin × images⌋, where 0.0029 × 10,000 is 29 though the product falls short of it. */
export function marginInImages(margin: number, images: number): number {
  return Math.floor(margin * images + rounding);
}
