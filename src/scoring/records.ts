/** The records that travel through storage, as zod schemas: what a shard yields. Integers add; nothing is averaged. */
import { z } from 'zod';

export const imageStates = ['scored', 'undecodable', 'missing', 'model-error'] as const;
/** Every image of the manifest ends in exactly one of these. */
export type ImageState = (typeof imageStates)[number];

/** How many best classes are kept for each image. */
export const K = 5;

/** Which model of a run: an id at a precision. */
export interface ModelKey {
  id: string;
  precision: string;
}

const count = z.number().int().nonnegative();
const sha256 = z.string().regex(/^[0-9a-f]{64}$/);

/** Integers only: `expected = scored + undecodable + missing + modelError`; `top1 ≤ top5 ≤ scored`. */
export const tallySchema = z.object({
  expected: count,
  scored: count,
  /** Images whose label has rank 1. */
  top1: count,
  /** Images whose label has rank 5 or better. */
  top5: count,
  /** Scored images where another class has exactly the label's score. */
  ties: count,
  undecodable: count,
  missing: count,
  modelError: count,
});
export type Tally = z.infer<typeof tallySchema>;

/** What must be equal for shard records to merge. */
export const conditionsSchema = z.object({
  /** SHA-256 of the ONNX file. */
  artifact: sha256,
  /** Digest of the recipe. */
  recipe: sha256,
  /** Digest of the manifest: keys, labels, sizes, in order. */
  dataset: sha256,
  classOffset: z.number().int(),
  precision: z.enum(['fp32', 'fp16']),
  /** Where bytes become the values that the model takes: inside its graph or before it. */
  normalisation: z.enum(['graph', 'host']),
  /** Execution provider, e.g. `cpu`. */
  provider: z.string(),
  /** In what the device computes: `fp32`, `tf32` or `fp16`; the CPU computes fp16 models in fp32. */
  arithmetic: z.string(),
  /** Rows of each batch; the last one is padded and masked. */
  batch: z.number().int().positive(),
  /** e.g. `onnxruntime-node 1.30.0`. */
  runtime: z.string(),
  /** e.g. `sharp 0.35.5, libvips 8.18.0`. */
  decoder: z.string(),
  topfive: z.string(),
});
export type Conditions = z.infer<typeof conditionsSchema>;

/** The machine and process that computed a record. */
export const fingerprintSchema = z.object({
  host: z.string(),
  /** Processor or accelerator model. */
  device: z.string(),
  /** Of an accelerator, with its version; null on the CPU, or where it does not tell. */
  driver: z.string().nullable(),
  threads: z.number().int().positive(),
  node: z.string(),
  os: z.string(),
});
export type Fingerprint = z.infer<typeof fingerprintSchema>;

/**
 * Columns with one entry an image, in manifest order; `classes` and `probabilities` have K entries an image,
 * best first, padded with -1 and 0 for failed images and for heads with fewer than K classes.
 */
export const predictionsSchema = z.object({
  states: z.array(z.enum(imageStates)),
  /** Rank of the label, 1 the best; 0 for a failed image. */
  ranks: z.array(count),
  classes: z.array(z.number().int()),
  /** Softmax over all classes, in float64. */
  probabilities: z.array(z.number()),
});
export type Predictions = z.infer<typeof predictionsSchema>;

export const failureSchema = z.object({
  key: z.string(),
  state: z.enum(imageStates).exclude(['scored']),
  /** One sentence for a person. */
  reason: z.string(),
});
export type Failure = z.infer<typeof failureSchema>;

/** CPU or wall milliseconds, named; informative only, never compared. */
export const timingsSchema = z.object({
  wallMs: z.number(),
  readMs: z.number(),
  pixelsMs: z.number(),
  inferMs: z.number(),
});
export type Timings = z.infer<typeof timingsSchema>;

export const shardRefSchema = z.object({
  /** Position in the plan, from 0. */
  index: count,
  /** First image of the manifest range. */
  start: count,
  /** One past the last image. */
  end: count,
  /** Digest over the range's keys, labels and sizes. */
  digest: sha256,
});
export type ShardRef = z.infer<typeof shardRefSchema>;

/** The result of one model on one shard. */
export const shardRecordSchema = z.object({
  schemaVersion: z.literal(1),
  runId: z.string(),
  model: z.string(),
  shard: shardRefSchema,
  conditions: conditionsSchema,
  tally: tallySchema,
  predictions: predictionsSchema,
  failures: z.array(failureSchema),
  /** SHA-256 over the SHA-256 of each image's bytes, in order: what `--reuse` checks. */
  content: sha256,
  timings: timingsSchema,
  fingerprint: fingerprintSchema,
  /** Run that computed it, when this one took it over. */
  takenFrom: z.string().optional(),
});
export type ShardRecord = z.infer<typeof shardRecordSchema>;
