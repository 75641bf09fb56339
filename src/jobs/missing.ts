/** What a run still lacks: jobs whose records are not in storage, and the record that stands for a shard nobody finished. */
import type { ManifestEntry } from '../data/manifest.ts';
import { type Conditions, K, type ShardRecord, type ShardRef } from '../scoring/records.ts';
import { tallyOf } from '../scoring/tally.ts';
import type { Storage } from '../storage/storage.ts';
import { readStopped } from './early-stop.ts';
import type { Plan, PlannedModel } from './plan.ts';
import { runKeys } from './run-keys.ts';

/** One shard under one group of models. */
export interface ShardJob {
  shard: number;
  group: number;
}

/** The shard × group pairs for which at least one model has no record yet, in the planned order. */
export async function missingJobs(plan: Plan, storage: Storage): Promise<ShardJob[]> {
  const keys = runKeys(plan.runId);
  const wanted = await readStopped(storage, plan.runId);
  const present = new Set<string>();
  for await (const { key } of storage.list(keys.records)) present.add(key);
  return plan.shards
    .slice(0, wanted)
    .flatMap(({ index: shard }) =>
      plan.groups.flatMap((members, group) =>
        members.every((model) => present.has(keys.record(plan.models[model], shard)))
          ? []
          : [{ shard, group }],
      ),
    );
}

export interface Unfinished {
  plan: Plan;
  /** All images, in the planned order. */
  planned: readonly ManifestEntry[];
  shard: ShardRef;
  /** A record of the same model, whose conditions are taken over; without one they are the plan's. */
  like: ShardRecord | undefined;
  reason: string;
}

/** A record in which every image of the shard is a model-error: it counts as wrong and makes the run invalid. */
export function unfinishedRecord(model: PlannedModel, parts: Unfinished): ShardRecord {
  const { plan, planned, shard, like, reason } = parts;
  const images = shard.end - shard.start;
  const predictions: ShardRecord['predictions'] = {
    states: new Array(images).fill('model-error'),
    ranks: new Array(images).fill(0),
    classes: new Array(images * K).fill(-1),
    probabilities: new Array(images * K).fill(0),
  };
  return {
    schemaVersion: 1,
    runId: plan.runId,
    model: model.id,
    shard,
    conditions: like?.conditions ?? plannedConditions(model, plan),
    tally: tallyOf(predictions, 0),
    predictions,
    failures: planned.slice(shard.start, shard.end).map(({ key }) => ({
      key,
      state: 'model-error',
      reason: `not evaluated: ${reason}`,
    })),
    content: '0'.repeat(64),
    timings: { wallMs: 0, readMs: 0, pixelsMs: 0, inferMs: 0 },
    fingerprint: { host: '', device: '', driver: null, threads: 1, node: '', os: '' },
  };
}

function plannedConditions(model: PlannedModel, plan: Plan): Conditions {
  return {
    artifact: model.artifact.sha256,
    recipe: model.recipeDigest,
    dataset: plan.dataset.digest,
    classOffset: model.classOffset,
    precision: model.precision,
    normalisation: model.normalisation,
    provider: 'none ran',
    arithmetic: 'none ran',
    batch: model.fixedBatch ?? 1,
    runtime: 'none ran',
    decoder: 'none ran',
    topfive: plan.topfive,
  };
}
