/** Published figures as a run record carries them, and whether a measured accuracy agrees with one. */
import { z } from 'zod';

const count = z.number().int().nonnegative();
const accuracySchema = z.object({ top1: z.number(), top5: z.number(), source: z.string() });

/** What a model card says of a model, as far as a report needs it. Accuracies are fractions. */
export const publishedSchema = accuracySchema.extend({
  /** Of the fractions as they were published. */
  digits: count.default(4),
  /** As the model's authors give it. */
  reference: accuracySchema.nullable().default(null),
  /** Declared for preprocessing and conversion, a fraction. */
  tolerance: z.object({ fraction: z.number(), source: z.string() }).nullable().default(null),
  /** Of one image, as printed, and the rule that it was counted by. */
  cost: z
    .object({
      params: count,
      flops: count,
      convention: z.string(),
      /** Printed figures that the rule does not give. */
      exceptions: z.array(z.object({ figure: z.enum(['flops', 'params']), reason: z.string() })),
      source: z.string(),
    })
    .nullable()
    .default(null),
});

/** What a graph costs for one image: learnt values, multiply-accumulates; `flops` are two for each of these. */
export const costSchema = z.object({ params: count, macs: count, flops: count });

export interface PublishedFigure {
  /** A fraction, e.g. 0.774. */
  fraction: number;
  /** Digits of the fraction as printed: 3 for 77.4%. */
  digits: number;
  /** Declared for preprocessing and conversion, a fraction; with its source on the model card. */
  tolerance: number;
}

export interface Agreement {
  agrees: boolean;
  /** Images above (positive) or below the published figure; not whole, for the figure is rounded. */
  difference: number;
  /** Images by which the two may differ: half a printed unit, and the tolerance. */
  allowed: number;
}

/** Absorbs the rounding of decimal fractions; far below one image. */
const rounding = 1e-6;

/** Both are on the same images, so no sampling error enters. */
export function agreesWithPublished(
  { correct, images }: { correct: number; images: number },
  { fraction, digits, tolerance }: PublishedFigure,
): Agreement {
  const difference = correct - fraction * images;
  const allowed = (0.5 * 10 ** -digits + tolerance) * images;
  return { agrees: Math.abs(difference) <= allowed + rounding, difference, allowed };
}
