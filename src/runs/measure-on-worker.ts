/** The latency of a run with a coordinator: measured by one of its workers, since the coordinator's own machine is of another kind. */
import type { Plan } from '../jobs/plan.ts';
import { keepUnmeasured, readRunLatency } from '../jobs/run-latency.ts';
import { isCancelled } from '../jobs/run-state.ts';
import { pause } from '../queue/patience.ts';
import type { RunQueue } from '../queue/run-queue.ts';
import type { Storage } from '../storage/storage.ts';

/** How often is looked whether it is done, in milliseconds. */
const lookMs = 1000;

export interface Measuring {
  storage: Storage;
  queue: RunQueue;
  /** Fires when no worker is left. */
  alone: AbortSignal;
  /** Fires when the coordinator must end. */
  signal: AbortSignal;
}

/**
 * Resolves once there are figures, or a reason why there are none, which takes nothing from the accuracy.
 * @returns false when the run was cancelled meanwhile
 */
export async function measureOnWorker(
  { runId, spec }: Pick<Plan, 'runId' | 'spec'>,
  { storage, queue, alone, signal }: Measuring,
): Promise<boolean> {
  if (!spec.latency) return true;
  for (;;) {
    if (await isCancelled(storage, runId)) return false;
    if (await readRunLatency(storage, runId)) return true;
    const { state, reason } = await queue.measureRun({ runId, store: storage.uri });
    if (state !== 'open' || alone.aborted) {
      const why =
        state === 'open' ? 'no worker was left to measure it' : 'its worker kept no figures';
      await keepUnmeasured(storage, { runId, reason: reason ?? why });
    } else {
      await pause(lookMs, signal);
    }
    signal.throwIfAborted();
  }
}
