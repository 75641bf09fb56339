/** Submitting: from a spec to a plan in storage and a flow on the queue; everything wrong is found before. */
import { randomBytes } from 'node:crypto';
import { topfiveVersion } from '../config.ts';
import { indexDataset } from '../data/index-dataset.ts';
import { saveManifest } from '../data/manifest.ts';
import { missingJobs } from '../jobs/missing.ts';
import { makePlan, type Plan, savePlan } from '../jobs/plan.ts';
import { prepareModels } from '../jobs/prepare-models.ts';
import { runKeys } from '../jobs/run-keys.ts';
import type { Spec } from '../jobs/spec.ts';
import type { RunQueue } from '../queue/run-queue.ts';
import type { Storage } from '../storage/storage.ts';

export interface SubmitOptions {
  storage: Storage;
  /** Workers expected, for the size of the shards. */
  workers: number;
  reuse: boolean;
}

export interface Submission {
  plan: Plan;
  /** What a person should know about the dataset, e.g. an empty class folder. */
  warnings: string[];
}

/** Checks everything that can be checked before an image is decoded, then persists the run. */
export async function persistRun(spec: Spec, options: SubmitOptions): Promise<Submission> {
  const { storage, workers, reuse } = options;
  const { manifest, warnings } = await indexDataset(spec.dataset);
  const models = await prepareModels(spec, manifest);
  const now = new Date();
  const createdAt = now.toISOString();
  const runId = newRunId(now);
  const plan = makePlan({
    runId,
    createdAt,
    topfive: topfiveVersion,
    spec,
    manifest,
    models,
    workers,
    reuse,
  });
  await saveManifest(storage, manifest);
  const keys = runKeys(runId);
  await storage.put(keys.spec, `${JSON.stringify(spec, null, 2)}\n`);
  const run = {
    schemaVersion: 1,
    runId,
    name: plan.name,
    createdAt,
    topfive: topfiveVersion,
    store: storage.uri,
  };
  await storage.put(keys.run, `${JSON.stringify(run, null, 2)}\n`);
  await savePlan(storage, plan);
  return { plan, warnings };
}

/** Puts on the queue whatever of the run has no record yet; harmless when it is there already. */
export async function enqueueMissing(
  plan: Plan,
  { storage, queue }: { storage: Storage; queue: RunQueue },
): Promise<void> {
  const jobs = await missingJobs(plan, storage);
  await queue.requeueRun({ runId: plan.runId, store: storage.uri, jobs });
}

/** e.g. `20261123-184512-3f9ac1`: sorts by time of submission. */
function newRunId(now: Date): string {
  const stamp = now.toISOString().slice(0, 19).replaceAll(/[-:]/g, '').replace('T', '-');
  return `${stamp}-${randomBytes(3).toString('hex')}`;
}
