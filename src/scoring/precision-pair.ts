/** One model at two precisions on the same images: what the narrower one changes, image by image. */
import { z } from 'zod';
import { churnFields } from './churn-record.ts';
import { measurePair } from './measure-pair.ts';
import { K, type ModelKey, type Predictions } from './records.ts';

const count = z.number().int().nonnegative();
const pairedCounts = z.object({
  images: count,
  baseline: count,
  candidate: count,
  onlyBaselineRight: count,
  onlyCandidateRight: count,
});
const { flips, churn, agreement, marginDrift } = churnFields;

/** `baseline` is fp32, `candidate` fp16; the counts are of right images, failed ones are wrong. */
export const precisionPairSchema = z.object({
  id: z.string(),
  baseline: z.literal('fp32'),
  candidate: z.literal('fp16'),
  top1: pairedCounts,
  top5: pairedCounts,
  agreement,
  /** All flips by kind. */
  churn,
  marginDrift,
  /** The largest loss of margin first, at most a thousand. */
  flips,
});
export type PrecisionPair = z.infer<typeof precisionPairSchema>;

const flipLimit = 1000;

export interface Answered extends ModelKey {
  predictions: Predictions;
}

/** One pair for each model that was evaluated at both precisions, in the order of the models. */
export function precisionPairs(
  models: readonly Answered[],
  images: { keys: readonly string[]; labels: readonly number[] },
): PrecisionPair[] {
  return models.flatMap((full) => {
    const half = models.find(({ id, precision }) => id === full.id && precision === 'fp16');
    if (full.precision !== 'fp32' || !half) return [];
    const columns = { ...images, baseline: full.predictions, candidate: half.predictions };
    const { counts, flips, ...churn } = measurePair(columns, { depth: K });
    return [
      {
        ...({ id: full.id, baseline: 'fp32', candidate: 'fp16' } as const),
        ...{ top1: counts.top1, top5: counts.top5! },
        ...{ agreement: churn.agreement, churn: churn.churn, marginDrift: churn.marginDrift },
        flips: flips.slice(0, flipLimit),
      },
    ];
  });
}
