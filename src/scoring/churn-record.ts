/** The fields of `Churn` in records. */
import { z } from 'zod';

const count = z.number().int().nonnegative();
const text = z.string();

const answer = z.object({ class: z.number().int().nullable(), p: z.number().nullable() });

export const churnFields = {
  flips: z.array(
    z.object({
      key: text,
      label: count,
      from: answer,
      to: answer,
      kind: z.enum(['lost', 'gained', 'changed']),
      marginLost: z.number().nullable(),
    }),
  ),
  churn: z.object({ lost: count, gained: count, changed: count }),
  agreement: z.object({ images: count, fraction: z.number(), identical: z.boolean() }),
  classes: z.object({
    classes: count,
    changes: z.array(
      z.object({
        label: count,
        images: count,
        onlyBaselineRight: count,
        onlyCandidateRight: count,
        pValue: z.number(),
        adjustedPValue: z.number(),
      }),
    ),
  }),
  newConfusions: z.array(
    z.object({
      label: count,
      predicted: z.number().int(),
      baseline: count,
      candidate: count,
    }),
  ),
  marginDrift: z
    .object({
      images: count,
      baseline: z.number(),
      candidate: z.number(),
      lost: z.number(),
      standardError: z.number(),
    })
    .nullable(),
};
