/** When a worker ends by itself. */
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { type BullQueue, countJobs, type QueueConnection, type QueueCounts } from './connection.ts';
import { waitUntilIdle } from './idle-watch.ts';
import type { Shift } from './job-attempt.ts';
import { idleEvent, type QueueListener, tellListeners } from './listener.ts';
import { runPayloadSchema } from './payload.ts';
import { type OpenJobs, type TailWatch, waitForTail } from './tail-watch.ts';

export interface Ending {
  /** Ends after so long with no unfinished run on the queue whose storage it serves. */
  exitWhenIdleSeconds?: number;
  /** Ends when it is needed no more: nothing waits, and another worker is there to take up what stalls. */
  leaveInTail?: boolean;
}

export interface EndContext {
  connection: QueueConnection;
  /** The queues that the worker takes jobs from. */
  serves: BullQueue[];
  shift: Shift;
  tail: Tail;
  signal: AbortSignal;
}

/** Waits until the worker was closed, or is to end by itself: idle for long enough, needed no more, or without a queue. */
export async function waitForCause(
  { exitWhenIdleSeconds: seconds, leaveInTail = false }: Ending,
  { connection, serves, shift, tail, signal }: EndContext,
): Promise<'idle' | 'unreachable' | 'stopped'> {
  const isBusy = () => [...shift.attempts].some(({ isOurs }) => isOurs);
  if (leaveInTail) {
    const count = async () => openJobs(await countJobs(connection, serves));
    return waitForTail({ isBusy, count, ...tail, signal });
  }
  const countUnfinished = () => countRuns(connection, shift.acceptsStore);
  if (seconds !== undefined) return waitUntilIdle({ seconds, isBusy, countUnfinished, signal });
  await once(signal, 'abort');
  return 'stopped';
}

function openJobs({
  waiting,
  delayed,
  prioritized,
  active,
  waitingChildren,
}: QueueCounts): OpenJobs {
  return { takeable: waiting + delayed + prioritized, held: active + waitingChildren };
}

type Tail = Pick<TailWatch, 'announce' | 'heardLower'>;

/** Hears which other workers idle, and tells them of this one. */
export function joinTail(connection: QueueConnection, listener: QueueListener): Tail {
  const workerId = randomUUID();
  let lowerHeardAt = Number.NEGATIVE_INFINITY;
  listener.onIdle((other) => {
    if (other < workerId) lowerHeardAt = performance.now();
  });
  return {
    announce: () => tellListeners(connection, { eventName: idleEvent, workerId }),
    heardLower: (withinMs) => performance.now() - lowerHeardAt <= withinMs,
  };
}

/** Runs whose job has not ended, so that shards of theirs may still come; those of other storages are none of this worker's. */
async function countRuns(
  { runs }: QueueConnection,
  acceptsStore: Shift['acceptsStore'],
): Promise<number> {
  const jobs = await runs.getJobs([
    'waiting',
    'active',
    'delayed',
    'prioritized',
    'waiting-children',
  ]);
  const payloads = jobs.map((job) => runPayloadSchema.safeParse(job?.data).data);
  return payloads.filter((payload) => payload && acceptsStore(payload.store)).length;
}
