/** The series of models that a page is about: what is published of each, whether or not a run measured it. */
import { z } from 'zod';
import { publishedSchema } from './published.ts';

const count = z.number().int().nonnegative();

/** Milliseconds a batch, on another machine; null where the table has a dash. */
const publishedLatencySchema = z.object({
  device: z.string(),
  precision: z.enum(['fp32', 'fp16']),
  batch: count,
  ms: z.number().nullable(),
});

/** A model card, as far as a page needs it. */
export const seriesModelSchema = z.object({
  id: z.string(),
  family: z.string(),
  resizeShort: count,
  crop: count,
  published: publishedSchema,
  latency: z.object({ cells: z.array(publishedLatencySchema), source: z.string() }),
});
export type SeriesModel = z.infer<typeof seriesModelSchema>;
