/** Preparing the run of a night: what did not change since the last one is not computed again. */
import { readNights } from '../jobs/nights.ts';
import { loadPlan, type Plan } from '../jobs/plan.ts';
import type { Spec } from '../jobs/spec.ts';
import { openStorage } from '../storage/open.ts';
import type { Storage } from '../storage/storage.ts';
import { prepareRun, type Submission } from './submit.ts';

/** Nothing of it is in storage yet. */
export async function prepareNight(
  spec: Spec,
  { workers, store }: { workers: number; store: string },
): Promise<Submission> {
  const like = await lastPlan(openStorage(store), spec);
  return prepareRun(spec, { workers, reuse: true, store, like });
}

/** The plan of the last night: with the same shards its records can be taken over. */
async function lastPlan(storage: Storage, { name }: Spec): Promise<Plan | undefined> {
  const last = (await readNights(storage, name)).at(-1);
  if (!last) return undefined;
  try {
    return await loadPlan(storage, last.runId);
  } catch {
    return undefined;
  }
}
