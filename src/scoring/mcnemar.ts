/** The exact test of McNemar (1947) on discordant pairs, one-sided towards a loss. */
import { binomialTail } from './distributions.ts';
import type { Discordant } from './paired.ts';

/** P(Bin(b + c, ½) ≥ b), where b images are right in the baseline only and c in the candidate only; 1 when b = 0. */
export function mcnemarP({ onlyBaselineRight: b, onlyCandidateRight: c }: Discordant): number {
  return binomialTail(b, { trials: b + c, probability: 0.5 });
}
