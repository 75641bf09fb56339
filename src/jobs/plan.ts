/** The plan: what will be done for a run: shards × groups of models. Written once, read by every worker. */
import { z } from 'zod';
import { layouts, loadManifest, type Manifest } from '../data/manifest.ts';
import { recipeSchema } from '../data/recipe.ts';
import { autoShardSize, cutShards, earlyShardSize } from '../data/shards.ts';
import { costSchema, publishedSchema } from '../scoring/published.ts';
import { shardRefSchema } from '../scoring/records.ts';
import { conversionSchema, type Drawn, drawnSchema } from '../scoring/run-record.ts';
import type { Storage } from '../storage/storage.ts';
import { inPlannedOrder } from './planned-order.ts';
import { readStored } from './read-stored.ts';
import { runKeys } from './run-keys.ts';
import { specSchema } from './spec.ts';
import { groupModels } from './worker-memory.ts';

const plannedModelSchema = z.object({
  id: z.string(),
  /** Id of its model card. */
  card: z.string().nullable().default(null),
  precision: z.enum(['fp32', 'fp16']),
  artifact: z.object({
    /** Absolute path of the ONNX file on the machine that submitted the run. */
    path: z.string(),
    /** Where a worker elsewhere downloads it from; for fp16, where the fp32 one is that it is made of. */
    uri: z.string().optional(),
    sha256: z.string(),
    bytes: z.number().int(),
    files: z.array(z.object({ name: z.string(), stamp: z.string() })),
  }),
  recipe: recipeSchema,
  recipeDigest: z.string(),
  /** Where bytes become the values that the model takes. */
  normalisation: z.enum(['graph', 'host']),
  /** Outputs of the head, background outputs included. */
  outputs: z.number().int().positive(),
  classOffset: z.number().int().nonnegative(),
  /** The batch that the graph demands, if it has a fixed one. */
  fixedBatch: z.number().int().positive().nullable(),
  /** Inference on one thread, timed once at submission; sizes shards and nothing else. */
  secondsPerImage: z.number().nonnegative(),
  /** Of one image its outputs are positive and sum to one, as those of a softmax. */
  sumsToOne: z.boolean().default(false),
  /** How an fp16 artifact was made. */
  conversion: conversionSchema.nullable(),
  published: publishedSchema.nullable(),
  cost: costSchema.nullable(),
  /** Why there is no cost. */
  costReason: z.string().nullable(),
});
export type PlannedModel = z.infer<typeof plannedModelSchema>;

/** Early stop against a run of the same images. */
const earlyStopSchema = z.object({
  /** Run id of the baseline. */
  baseline: z.string(),
  /** Error level of the night. */
  alpha: z.number(),
  seed: z.number().int().nonnegative(),
});

const planSchema = z.object({
  schemaVersion: z.literal(1),
  runId: z.string(),
  name: z.string(),
  createdAt: z.string(),
  topfive: z.string(),
  dataset: z.object({
    uri: z.string(),
    layout: z.enum(layouts),
    images: z.number().int().positive(),
    digest: z.string(),
    classNames: z.array(z.string()).nullable(),
    subset: drawnSchema.optional(),
  }),
  shards: z.array(shardRefSchema),
  models: z.array(plannedModelSchema),
  /** Indices into `models`: each group is evaluated on one decode. */
  groups: z.array(z.array(z.number().int())),
  /** Shards are then ranges of a random order of the manifest, drawn by the seed. */
  earlyStop: earlyStopSchema.optional(),
  /** Take over shard records of earlier runs that were made under equal conditions. */
  reuse: z.boolean(),
  spec: specSchema,
});
export type Plan = z.infer<typeof planSchema>;

export interface PlanInput {
  runId: string;
  createdAt: string;
  topfive: string;
  spec: Plan['spec'];
  manifest: Manifest;
  /** How the manifest was drawn from a larger one. */
  subset?: Drawn | undefined;
  models: PlannedModel[];
  workers: number;
  /** Whether they are machines of another kind than this one: what models took here says nothing of them. */
  elsewhere?: boolean | undefined;
  reuse: boolean;
  /** A plan of the same images, whose shards are taken where their size is not asked for: its records can then be reused. */
  like?: Plan | undefined;
  earlyStop?: Plan['earlyStop'];
}

export function makePlan(input: PlanInput): Plan {
  const { manifest, spec, earlyStop } = input;
  const images = manifest.entries.length;
  return {
    schemaVersion: 1,
    runId: input.runId,
    name: spec.name,
    createdAt: input.createdAt,
    topfive: input.topfive,
    dataset: {
      uri: manifest.uri,
      layout: manifest.layout,
      images,
      digest: manifest.digest,
      classNames: manifest.classNames,
      ...(input.subset && { subset: input.subset }),
    },
    shards: cutShards(inPlannedOrder(manifest.entries, { earlyStop }), shardSize(input)),
    models: input.models,
    groups: groupModels(input.models, spec.workerMemory),
    ...(earlyStop && { earlyStop }),
    reuse: input.reuse,
    spec,
  };
}

/** Under early stop a shard's end is a look at the gates, so its size follows from the images alone. */
function shardSize(input: PlanInput): number {
  const { spec, manifest, workers, models, like, earlyStop, elsewhere } = input;
  const images = manifest.entries.length;
  if (spec.shardSize !== 'auto') return spec.shardSize;
  if (earlyStop) return earlyShardSize(images);
  if (like?.dataset.images === images) return like.shards[0].end;
  return autoShardSize({
    images,
    workers,
    ...(!elsewhere && { imagesPerSecond: estimateRate(models) }),
  });
}

/** Decoding and cropping one image of ImageNet's size, in seconds of one core. */
const pixelSeconds = 0.004;

/** Images a second of one worker with all models. */
function estimateRate(models: PlannedModel[]): number {
  return 1 / models.reduce((sum, { secondsPerImage }) => sum + secondsPerImage, pixelSeconds);
}

export async function savePlan(storage: Storage, plan: Plan): Promise<void> {
  await storage.put(runKeys(plan.runId).plan, JSON.stringify(plan));
}

export async function loadPlan(storage: Storage, runId: string): Promise<Plan> {
  return readStored(storage, { key: runKeys(runId).plan, schema: planSchema });
}

/** The manifest that the plan was made for. */
export function loadPlannedManifest(storage: Storage, { runId, dataset }: Plan): Promise<Manifest> {
  return loadManifest(storage, { digest: dataset.digest, key: runKeys(runId).manifest });
}
