/** Plans and manifests of the runs at work, read once a worker. */
import type { Manifest } from '../data/manifest.ts';
import { type EarlyStop, openEarlyStop } from '../jobs/early-stop.ts';
import { loadPlan, loadPlannedManifest, type Plan } from '../jobs/plan.ts';
import type { Storage } from '../storage/storage.ts';

interface OpenRun {
  plan: Plan;
  manifest: Manifest;
  /** How far this worker has followed the gates of a run that may stop early. */
  early: EarlyStop | undefined;
}

export interface RunCache {
  open(runId: string): Promise<OpenRun>;
}

/** Runs kept at a time; a worker seldom alternates between more. */
const kept = 4;

export function openRunCache(storage: Storage): RunCache {
  const runs = new Map<string, Promise<OpenRun>>();

  async function read(runId: string): Promise<OpenRun> {
    const plan = await loadPlan(storage, runId);
    return {
      plan,
      manifest: await loadPlannedManifest(storage, plan),
      early: await openEarlyStop(plan, storage),
    };
  }

  return {
    open(runId) {
      const known = runs.get(runId);
      if (known) return known;
      const opened = read(runId);
      opened.catch(() => runs.delete(runId));
      runs.set(runId, opened);
      if (runs.size > kept) runs.delete([...runs.keys()][0]);
      return opened;
    },
  };
}
