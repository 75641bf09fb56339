/** Ending workers of the queue: what they hold is finished, or given back, or left to its lock. */
import type { IQueueBackend, JobProgress, Worker } from 'bullmq';
import { countJobs, type QueueConnection } from './connection.ts';
import type { Shift } from './job-attempt.ts';
import { settlesWithin, withDeadline } from './patience.ts';

export type BullWorker = Worker<unknown, void, string, IQueueBackend, JobProgress, string>;

/** A server that takes longer to count its jobs is held to be gone. */
const answerWithinMs = 5000;
/** How long aborted work may take to end. */
const abortWithinMs = 10_000;

/** Waits for work to end, then for it to be given back, but for nothing where there is no server to tell. */
export async function closeWorkers(
  workers: BullWorker[],
  {
    connection,
    shift,
    ending,
    graceMs,
  }: { connection: QueueConnection; shift: Shift; ending: AbortController; graceMs: number },
): Promise<void> {
  const isThere = (await withDeadline(countJobs(connection), answerWithinMs)) !== undefined;
  const closed = Promise.all(workers.map((worker) => worker.close(!isThere)));
  if (await settlesWithin(closed, graceMs)) return;
  ending.abort();
  if (await settlesWithin(closed, abortWithinMs)) return;
  shift.log.warn('a job does not end; another worker gets it when its lock expires');
  disconnect(workers);
}

export function disconnect(workers: BullWorker[]): void {
  for (const worker of workers) worker.disconnect().catch(() => {});
}
