/** Submitting: from a spec to a plan in storage and a flow on the queue; everything wrong is found before. */
import { randomBytes } from 'node:crypto';
import { computingEnvironment, topfiveVersion } from '../config.ts';
import { type Manifest, saveManifest } from '../data/manifest.ts';
import { TopfiveError } from '../errors.ts';
import { chooseImages } from '../jobs/choose-images.ts';
import type { EarlyGates } from '../jobs/early-stop.ts';
import {
  checkLabelSets,
  labelSetsOf,
  type RunLabelSet,
  saveLabelSets,
} from '../jobs/label-sets.ts';
import { missingJobs } from '../jobs/missing.ts';
import { loadPlan, makePlan, type Plan, type PlannedModel, savePlan } from '../jobs/plan.ts';
import { prepareModels } from '../jobs/prepare-models.ts';
import { runKeys } from '../jobs/run-keys.ts';
import { listUnfinished } from '../jobs/run-state.ts';
import type { Spec } from '../jobs/spec.ts';
import type { TrialRequest } from '../jobs/try-model.ts';
import { isTooLarge } from '../jobs/worker-memory.ts';
import { tryModelElsewhere } from '../launch/device-process.ts';
import type { RunQueue } from '../queue/run-queue.ts';
import { bytes } from '../report/numbers.ts';
import type { Storage } from '../storage/storage.ts';
import { prepareEarlyStop } from './prepare-early-stop.ts';

export interface SubmitOptions {
  /** Workers expected, for the size of the shards. */
  workers: number;
  /** Whether they work on machines of another kind than this one. */
  elsewhere?: boolean | undefined;
  reuse: boolean;
  /** Shards as of this plan, where the spec leaves their size open. */
  like?: Plan | undefined;
  /** Where the baseline of an early stop is looked for. */
  store: string;
}

/** A run that is ready to be persisted; nothing of it is in storage yet. */
export interface Submission {
  plan: Plan;
  manifest: Manifest;
  labelSets: RunLabelSet[];
  /** Present when the run may stop early. */
  earlyGates?: EarlyGates | undefined;
  /** What a person should know, e.g. an empty class folder, or a model whose cost cannot be counted. */
  warnings: string[];
}

/** Checks everything that can be checked before an image is decoded. */
export async function prepareRun(
  spec: Spec,
  { workers, elsewhere, reuse, store, like }: SubmitOptions,
): Promise<Submission> {
  const { manifest, subset, warnings, ...chosen } = await chooseImages(spec);
  const labelSets = labelSetsOf(chosen.labelSets, manifest.entries);
  const models = await prepareModels(spec, { manifest, tryLarge });
  checkLabelSets(labelSets, models);
  const now = new Date();
  const dataset = { images: manifest.entries.length, digest: manifest.digest };
  const early = await prepareEarlyStop(spec, { models, dataset, store, now });
  const plan = makePlan({
    runId: newRunId(now),
    createdAt: now.toISOString(),
    topfive: topfiveVersion,
    spec,
    manifest,
    subset,
    models,
    workers,
    elsewhere,
    reuse,
    like,
    earlyStop: early?.planned,
  });
  return {
    plan,
    manifest,
    labelSets,
    earlyGates: early?.gates,
    warnings: [
      ...warnings,
      ...models.flatMap(costWarning),
      ...models.flatMap((model) => memoryWarning(model, spec.workerMemory)),
    ],
  };
}

const tryLarge = (request: TrialRequest) =>
  tryModelElsewhere(request, { env: computingEnvironment() });

/** The report shows a dash: a run does not depend on what its models cost. */
function costWarning({ id, costReason }: Plan['models'][number]): string[] {
  return costReason === null ? [] : [`no cost of ${id}: ${costReason}`];
}

function memoryWarning(model: PlannedModel, workerMemory: string | undefined): string[] {
  if (workerMemory === undefined || !isTooLarge(model, workerMemory)) return [];
  return [
    `${model.id} ${model.precision} of ${bytes(model.artifact.bytes)} may not fit into workerMemory: ${workerMemory}, for while it opens it takes more than twice its size`,
  ];
}

/** Writes all that a worker needs to know of the run; the plan last, so that its presence means that the rest is there. */
export async function persistRun(
  storage: Storage,
  { plan, manifest, labelSets, earlyGates }: Omit<Submission, 'warnings'>,
): Promise<void> {
  const { runId, name, createdAt, topfive, spec } = plan;
  const keys = runKeys(runId);
  await storage.put(keys.spec, `${JSON.stringify(spec, null, 2)}\n`);
  const run = { schemaVersion: 1, runId, name, createdAt, topfive, store: storage.uri };
  await storage.put(keys.run, `${JSON.stringify(run, null, 2)}\n`);
  await saveManifest(storage, { manifest, key: keys.manifest });
  await saveLabelSets(storage, { runId, sets: labelSets });
  if (earlyGates) await storage.put(keys.earlyStop, JSON.stringify(earlyGates));
  await savePlan(storage, plan);
}

/** Puts on the queue whatever of the run has no record yet; harmless when it is there already. */
export async function enqueueMissing(
  plan: Plan,
  { storage, queue }: { storage: Storage; queue: RunQueue },
): Promise<void> {
  const jobs = await missingJobs(plan, storage);
  await queue.requeueRun({ runId: plan.runId, store: storage.uri, jobs });
}

/**
 * Puts every run that has not ended back on the queue: what an engine that starts may have lost.
 * @returns their ids, and why others could not be read
 */
export async function enqueueUnfinished(workplace: {
  storage: Storage;
  queue: RunQueue;
}): Promise<{ runIds: string[]; warnings: string[] }> {
  const runIds: string[] = [];
  const warnings: string[] = [];
  for (const runId of await listUnfinished(workplace.storage)) {
    try {
      await enqueueMissing(await loadPlan(workplace.storage, runId), workplace);
      runIds.push(runId);
    } catch (error) {
      if (!(error instanceof TopfiveError) || error.kind !== 'usage') throw error;
      warnings.push(error.message);
    }
  }
  return { runIds, warnings };
}

/** e.g. `20261123-184512-3f9ac1`: sorts by time of submission. */
export function newRunId(now: Date): string {
  const stamp = now.toISOString().slice(0, 19).replaceAll(/[-:]/g, '').replace('T', '-');
  return `${stamp}-${randomBytes(3).toString('hex')}`;
}
