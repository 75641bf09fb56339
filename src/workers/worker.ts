/** A worker: takes jobs off the queue until told to stop or idle. */
import { type RunWorkerOptions, startRunWorker } from '../queue/run-worker.ts';
import { type DutyOptions, openDuties } from './duties.ts';

export interface WorkerOptions extends DutyOptions, Pick<RunWorkerOptions, 'night'> {
  /** URL of the queue's engine. */
  queue: string;
  exitWhenIdleSeconds?: number;
}

export interface RunningWorker {
  /** Resolves when the worker has ended by itself or was closed. */
  done: Promise<void>;
  close(graceMs?: number): Promise<void>;
}

export async function startWorker({
  queue,
  exitWhenIdleSeconds,
  night,
  ...options
}: WorkerOptions): Promise<RunningWorker> {
  const { shard, aggregate, holdsNext, acceptsStore, close } = openDuties(options);
  const worker = await startRunWorker({
    url: queue,
    shard,
    aggregate,
    holdsNext,
    acceptsStore,
    ...(night && { night }),
    ...(exitWhenIdleSeconds !== undefined && { exitWhenIdleSeconds }),
    log: options.log,
  });
  return {
    done: worker.done.finally(close),
    close: (graceMs) => worker.close(graceMs),
  };
}
