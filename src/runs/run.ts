/** A run from its plan to its end: enqueue, launch, watch, stop. */
import type { Plan } from '../jobs/plan.ts';
import { markCancelled } from '../jobs/run-state.ts';
import type { Launcher } from '../launch/launcher.ts';
import { enqueueMissing } from './submit.ts';
import { hasEnded, type Watched, watchRun } from './watch.ts';
import type { Workplace } from './workplace.ts';

export interface RunOptions {
  launcher: Launcher;
  workers: number;
  /** Arguments for each `topfive worker`. */
  workerArgs: string[];
  /** Fires when the person interrupts: the run is then marked cancelled and can be resumed. */
  signal: AbortSignal;
  onState: (state: Watched) => void;
  /** What a person should know. */
  onLine: (line: string) => void;
}

/** Resolves with the state in which the run ended; workers are gone by then. */
export async function driveRun(
  plan: Plan,
  { workplace, options }: { workplace: Workplace; options: RunOptions },
): Promise<Watched> {
  const { storage, queue, coordination } = workplace;
  const { runId } = plan;
  await enqueueMissing(plan, { storage, queue });
  await coordination?.publish();
  const { launcher, workers, workerArgs: args, signal, onState, onLine } = options;
  const fleet = await launcher.start({ runId, workers, args });
  const fleetEnded = () => coordination?.fleetEnded();
  fleet.done.then(fleetEnded, fleetEnded);
  let leave = fleet.stop;
  try {
    const ended = await watchRun({
      storage,
      runId,
      queue,
      signal: AbortSignal.any([signal, ...(coordination ? [coordination.over] : [])]),
      onState,
      fleetDone: fleet.done,
      putBack: () => {
        onLine('the queue has lost the run; what has no record yet is put back');
        return enqueueMissing(plan, { storage, queue });
      },
      workersAggregate: coordination === undefined,
    });
    if (hasEnded(ended)) return ended;
    if (coordination?.over.aborted) {
      leave = fleet.release;
      throw coordination.over.reason;
    }
    await cancelRun(runId, workplace);
    return { ...ended, status: 'cancelled' };
  } finally {
    await leave();
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
