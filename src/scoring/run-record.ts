/** The run record, `report.json`: the merged, checked, self-describing result of a run. Reports need nothing else. */
import { z } from 'zod';
import { runLatencySchema } from './latency-record.ts';
import { metricNames } from './paired.ts';
import { precisionPairSchema } from './precision-pair.ts';
import { costSchema, publishedSchema } from './published.ts';
import { conditionsSchema, failureSchema, fingerprintSchema, tallySchema } from './records.ts';
import { seriesModelSchema } from './series.ts';

const count = z.number().int().nonnegative();

/** How the images of a run were drawn from a larger manifest. */
export const drawnSchema = z.object({
  size: count,
  seed: count,
  /** Whether every class has its share. */
  stratify: z.enum(['class']).optional(),
  /** What they were drawn from. */
  of: z.object({ images: count, digest: z.string() }),
});
export type Drawn = z.infer<typeof drawnSchema>;

/** `fraction = correct / expected`; `low`, `high`: 95% Wilson interval, for unseen images. */
const metricSchema = z.object({
  correct: count,
  fraction: z.number(),
  low: z.number(),
  high: z.number(),
});
export type Metric = z.infer<typeof metricSchema>;

/** Accuracy by a further set of labels, over the images that it judges. */
const labelSetResultSchema = z.object({
  name: z.string(),
  judged: count,
  top1: metricSchema,
  top5: metricSchema,
});
export type LabelSetResult = z.infer<typeof labelSetResultSchema>;

const explained = { score: z.number(), explained: z.number(), chance: z.number() };

/** Why top-1 is near chance when the model may be sound: see `label-trouble.ts`. */
const labelTroubleSchema = z.discriminatedUnion('hypothesis', [
  z.object({ hypothesis: z.literal('constant-output'), class: z.number().int(), ...explained }),
  z.object({ hypothesis: z.literal('off-by-one'), offset: z.number().int(), ...explained }),
  z.object({ hypothesis: z.literal('devkit-order'), first: count, ...explained }),
  z.object({
    hypothesis: z.literal('permutation'),
    /** For each answer the label that it most often goes with. */
    labelOf: z.array(z.tuple([z.number().int(), count])),
    ...explained,
  }),
  z.object({ hypothesis: z.literal('shuffled-labels'), confidence: z.number(), ...explained }),
  z.object({ hypothesis: z.literal('near-chance'), ...explained }),
]);
export type LabelFinding = z.infer<typeof labelTroubleSchema>;

/** What became of float32 weights on their way to float16. */
export const conversionSchema = z.object({
  /** SHA-256 of the fp32 artifact. */
  from: z.string(),
  /** Weights in fp16. */
  values: count,
  /** Of them beyond the largest finite half, 65504, which stands for them. */
  clamped: count,
  /** Names of their tensors. */
  clampedIn: z.array(z.string()),
  /** Of them other than zero, and nearer to it than to the smallest half. */
  flushed: count,
});
export type ConversionResult = z.infer<typeof conversionSchema>;

const modelResultSchema = z.object({
  id: z.string(),
  /** Id of its model card; null for a model that has none. */
  card: z.string().nullable().default(null),
  precision: z.enum(['fp32', 'fp16']),
  artifact: z.object({ sha256: z.string(), bytes: count, name: z.string() }),
  /** The recipe's fields and its digest. */
  recipe: z.object({ digest: z.string() }).loose(),
  classes: count,
  accuracy: z.object({
    expected: count,
    scored: count,
    failed: count,
    top1: metricSchema,
    top5: metricSchema,
  }),
  /** By the further label sets of the spec, in its order. */
  labelSets: z.array(labelSetResultSchema).default([]),
  tally: tallySchema,
  /** Its outputs look like probabilities, not logits. */
  sumsToOne: z.boolean().default(false),
  /** How the artifact was made from an fp32 one; null for one that is evaluated as it is. */
  conversion: conversionSchema.nullable(),
  published: publishedSchema.nullable(),
  /** Of one image, counted from the artifact's own graph. */
  cost: costSchema.nullable(),
  /** Why there is no cost. */
  costReason: z.string().nullable().default(null),
  failures: z.array(failureSchema),
  /** One row a class that occurs in the labels, in class order. */
  perClass: z.array(z.object({ label: count, expected: count, top1: count, top5: count })),
  /** The commonest wrong top-1 answers, most frequent first, at most 50. */
  confusions: z.array(z.object({ label: count, predicted: z.number().int(), count })),
  /** The wrong answers that the model was surest of, surest first, at most 20. */
  mistakes: z
    .array(z.object({ key: z.string(), label: count, predicted: count, probability: z.number() }))
    .default([]),
  /** What explains a score near chance; null when the score needs no explanation. */
  labelTrouble: labelTroubleSchema.nullable().default(null),
  conditions: conditionsSchema,
  /** Shard records that were taken over from earlier runs, of all; left out when none was. */
  reused: z.object({ shards: count, of: count, from: z.array(z.string()) }).optional(),
  /** Same answer twice? Set when two workers committed different results for one shard. */
  nondeterminism: z.array(z.string()),
  /** Sums over the shards, milliseconds. */
  timings: z.object({ readMs: z.number(), pixelsMs: z.number(), inferMs: z.number() }),
});
export type ModelResult = z.infer<typeof modelResultSchema>;

const earlyGateSchema = z.object({
  id: z.string(),
  precision: z.string(),
  metric: z.enum(metricNames),
  /** Null while the gate is open. */
  verdict: z.enum(['pass', 'inconclusive', 'regression']).nullable(),
  /** Images right in the baseline, of all. */
  baseline: count,
  /** Among the images seen. */
  lostImages: z.number().int(),
  marginImages: count,
  noise: count,
  passP: z.number(),
  regressionP: z.number(),
  adjustedRegressionP: z.number(),
  /** The loss over all images, in images, at 1 − 2 alpha. */
  low: z.number().int(),
  high: z.number().int(),
});
export type EarlyGateResult = z.infer<typeof earlyGateSchema>;

/** A run that looked at its gates after every shard, in a random order drawn beforehand. */
const earlyStopSchema = z.object({
  /** Run id of the baseline. */
  baseline: z.string(),
  alpha: z.number(),
  seed: count,
  shards: z.object({ planned: count, used: count }),
  gates: z.array(earlyGateSchema),
});

export const runRecordSchema = z.object({
  schemaVersion: z.literal(1),
  status: z.enum(['complete', 'invalid', 'stopped-early']),
  /** Why an invalid run is invalid: one sentence each; empty when complete. */
  reasons: z.array(z.string()),
  runId: z.string(),
  name: z.string(),
  topfive: z.string(),
  createdAt: z.string(),
  finishedAt: z.string(),
  dataset: z.object({
    uri: z.string(),
    layout: z.string(),
    images: count,
    digest: z.string(),
    /** Over keys and labels alone; absent in records of earlier versions. */
    labelsDigest: z.string().optional(),
    /** Class names by index, when the dataset knows them. */
    classNames: z.array(z.string()).nullable(),
    /** Present when these images are a part of a dataset; `images` and `digest` are then those of the part. */
    subset: drawnSchema.optional(),
    /** Further labels for the same images. */
    labelSets: z
      .array(z.object({ name: z.string(), uri: z.string(), digest: z.string() }))
      .default([]),
  }),
  /** Of a run that stopped early: images used, and the loss of every gate as fractions of all images. */
  estimate: z.object({ used: count, low: z.number(), high: z.number() }).optional(),
  earlyStop: earlyStopSchema.optional(),
  models: z.array(modelResultSchema),
  /** Every card of the registry, in the order of its page, when a model of the run has one; else empty. */
  series: z.array(seriesModelSchema).default([]),
  /** Models that were evaluated at two precisions, the answers of each image side by side. */
  precisions: z.array(precisionPairSchema),
  environment: z.object({
    /** Each distinct machine that contributed, with its number of shard records. */
    workers: z.array(fingerprintSchema.extend({ records: count })),
    runtime: z.string(),
    decoder: z.string(),
  }),
  /** Null when the spec asked for none. */
  latency: runLatencySchema.nullable().default(null),
  timings: z.object({
    /** From submission to aggregation, seconds. */
    wallSeconds: z.number(),
    /** Images × models scored a second of wall time. */
    imagesPerSecond: z.number(),
  }),
  /** Of a page that several runs make: what they were, in the order of their models. */
  mergedFrom: z
    .array(z.object({ runId: z.string(), name: z.string(), spec: z.unknown() }))
    .optional(),
  /** The spec as submitted, with every default filled in: enough to run it again. */
  spec: z.unknown(),
});
export type RunRecord = z.infer<typeof runRecordSchema>;
