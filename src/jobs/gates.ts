/** The gates of a night, as a spec says them: held against what, how much may be lost, how often a false alarm is bearable. */
import { z } from 'zod';
import { alphaForAlarms } from '../scoring/verdict.ts';
import { type Allowance, allowances } from './refuse-comparison.ts';

/** `0.2%`, or the fraction 0.002. */
const share = z
  .union([
    z
      .string()
      .regex(/^\d+(\.\d+)?%$/, 'a share is a percentage such as 0.2%, or a fraction such as 0.002')
      .transform((text) => Number(`${text.slice(0, -1)}e-2`)),
    z.number(),
  ])
  .pipe(z.number().min(0).max(1));

/** Accepted where a spec says nothing: 100 of 50,000 images. */
const usualMargin = 0.002;
/** Error level of a night where a spec says neither `alpha` nor `alarmsPerYear`. */
const usualAlpha = 0.05;

export const gatesSchema = z
  .strictObject({
    /** `blessed`: what `topfive baseline set` chose; `published`: the model cards; or a run. */
    baseline: z.string().min(1).default('blessed'),
    /** Loss that is accepted, of the images. */
    margin: z
      .union([share, z.strictObject({ top1: share, top5: share })])
      .default(usualMargin)
      .transform((margin) =>
        typeof margin === 'number' ? { top1: margin, top5: margin } : margin,
      ),
    estimand: z.enum(['manifest', 'population']).default('manifest'),
    /** Error level of the night, which all gates share; or how many false alarms a year are bearable. */
    alpha: z.number().gt(0).lt(0.5).optional(),
    alarmsPerYear: z.number().positive().max(180).optional(),
    /** Least share of the images with an answer. */
    coverage: share.optional(),
    /** How many times longer a query may take than in the baseline, where both measured latency. */
    latency: z.number().min(1).max(100).optional(),
    /** Differences that are no reason to refuse the comparison. */
    allow: z.array(z.enum(Object.keys(allowances) as Allowance[])).default([]),
  })
  .refine(({ alpha, alarmsPerYear }) => alpha === undefined || alarmsPerYear === undefined, {
    error: 'alpha and alarmsPerYear say the same thing: give one of them',
  });
export type Gates = z.infer<typeof gatesSchema>;

export const earlyStopSchema = z.strictObject({
  /** Draws the order in which images are taken. */
  seed: z.number().int().nonnegative().default(1),
});

/** The gates of a spec, or the usual ones. */
export function gatesOf({ gates }: { gates?: Gates | undefined }): Gates {
  return gates ?? gatesSchema.parse({});
}

/** Error level of one night. */
export function alphaOf({ alpha, alarmsPerYear }: Pick<Gates, 'alpha' | 'alarmsPerYear'>): number {
  if (alarmsPerYear !== undefined) return alphaForAlarms(alarmsPerYear);
  return alpha ?? usualAlpha;
}
