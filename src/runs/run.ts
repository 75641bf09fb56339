/** A run from its plan to its end with local workers: launch, watch, stop. */
import type { Plan } from '../jobs/plan.ts';
import { markCancelled } from '../jobs/run-state.ts';
import type { Fleet } from '../launch/launcher.ts';
import { launchLocal } from '../launch/local.ts';
import { enqueueMissing } from './submit.ts';
import { hasEnded, type Watched, watchRun } from './watch.ts';
import type { Workplace } from './workplace.ts';

export interface RunOptions {
  /** 0 starts none and relies on workers that are already on the queue. */
  workers: number;
  /** Arguments for each `topfive worker`. */
  workerArgs: string[];
  /** Environment for the workers; store and queue are added. */
  env: NodeJS.ProcessEnv;
  /** Fires when the person interrupts: the run is then marked cancelled and can be resumed. */
  signal: AbortSignal;
  onState: (state: Watched) => void;
  onLine: (line: string) => void;
}

/** Resolves with the state in which the run ended; workers are gone by then. */
export async function driveRun(
  plan: Plan,
  { workplace, options }: { workplace: Workplace; options: RunOptions },
): Promise<Watched> {
  const { storage, queue, engine } = workplace;
  const { runId } = plan;
  await enqueueMissing(plan, { storage, queue });
  const env = { ...options.env, TOPFIVE_STORE: storage.uri, TOPFIVE_QUEUE: engine.url };
  let fleet: Fleet | undefined;
  try {
    if (options.workers > 0) {
      const { workers, workerArgs: args, onLine } = options;
      fleet = launchLocal({ workers, args, env, onLine });
    }
    const { signal, onState } = options;
    const fleetDone = fleet?.done;
    const ended = await watchRun({
      storage,
      runId,
      queue,
      signal,
      onState,
      ...(fleetDone && { fleetDone }),
    });
    if (!signal.aborted || hasEnded(ended)) return ended;
    await cancelRun(runId, workplace);
    return { ...ended, status: 'cancelled' };
  } finally {
    await fleet?.stop();
  }
}

/** Marks the run cancelled in storage, which workers look at, and takes its jobs off the queue. */
export async function cancelRun(
  runId: string,
  { storage, queue }: Pick<Workplace, 'storage'> & { queue?: Workplace['queue'] },
): Promise<void> {
  await markCancelled(storage, runId);
  await queue?.cancelRun(runId);
}
