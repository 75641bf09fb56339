/** One connection to the queue's server, shared by whatever only asks and adds. */
import { type BackendFactory, type IQueueBackend, Queue } from 'bullmq';
import { TopfiveError } from '../errors.ts';
import type { Logger } from '../log.ts';
import { createBackend, keyPrefix, runsQueue, shardsQueue } from './backend.ts';
import { logErrors } from './error-log.ts';
import { settlesWithin, withPatience } from './patience.ts';
import { redactUrl } from './url.ts';

export type BullQueue = Queue<
  unknown,
  unknown,
  string,
  unknown,
  unknown,
  string,
  IQueueBackend,
  string
>;

export interface QueueConnection {
  runs: BullQueue;
  shards: BullQueue;
  /** For other BullMQ objects on the same connection. */
  shared: BackendFactory<IQueueBackend, string>;
  options: { connection: string; prefix: string };
  /** The id inside the key of a child job, which each backend forms in its own way. */
  jobIdOf(key: string): string;
  close(): Promise<void>;
}

const readyWithinMs = 20_000;
/** How long a closing connection waits for a server that may be gone. */
export const closeWithinMs = 1000;

/** Rejects with a `queue` error when the server does not answer in time. */
export async function connectQueue(url: string, log: Logger): Promise<QueueConnection> {
  const options = { connection: url, prefix: keyPrefix };
  const backend = await withPatience(() => openBackend(options, log));
  const shared: BackendFactory<IQueueBackend, string> = (name) => backend.forQueue(name, keyPrefix);
  const open = (name: string) => {
    const queue: BullQueue = new Queue(name, options, shared);
    queue.on('error', logErrors(log, `queue ${name}`));
    return queue;
  };
  const [runs, shards] = [open(runsQueue), open(shardsQueue)];
  return {
    runs,
    shards,
    shared,
    options,
    jobIdOf: (key) => backend.parseNodeKey(key).id,
    async close() {
      await Promise.all([runs.close(), shards.close()]);
      if (await settlesWithin(backend.close(), closeWithinMs)) return;
      // Nobody answers the farewell: this ends the attempts to reconnect, and itself waits for an answer too.
      backend.disconnect().catch(() => {});
    },
  };
}

/** A backend never recovers from a failed start, so each try makes a new one. */
async function openBackend(
  options: { connection: string; prefix: string },
  log: Logger,
): Promise<IQueueBackend> {
  const backend = createBackend(runsQueue, options);
  backend.on('error', logErrors(log, 'queue'));
  const ready = backend.waitUntilReady();
  if (!(await settlesWithin(ready, readyWithinMs))) {
    await backend.disconnect();
    throw new TopfiveError(
      'queue',
      `the queue at ${redactUrl(options.connection)} did not answer within ${readyWithinMs / 1000} s; check that its server runs`,
    );
  }
  try {
    await ready;
    return backend;
  } catch (error) {
    await backend.disconnect();
    throw error;
  }
}

/** Jobs of both queues by what they wait for. */
export interface QueueCounts {
  waiting: number;
  active: number;
  delayed: number;
  prioritized: number;
  waitingChildren: number;
}

const countedStates = ['waiting', 'active', 'delayed', 'prioritized', 'waiting-children'] as const;

/** Counts over both queues, or those given; whatever is none of these is finished. */
export async function countJobs(
  { runs, shards }: QueueConnection,
  queues: BullQueue[] = [runs, shards],
): Promise<QueueCounts> {
  const counts = await Promise.all(queues.map((queue) => queue.getJobCounts(...countedStates)));
  const sum = (state: (typeof countedStates)[number]) =>
    counts.reduce((total, count) => total + (count[state] ?? 0), 0);
  return {
    waiting: sum('waiting'),
    active: sum('active'),
    delayed: sum('delayed'),
    prioritized: sum('prioritized'),
    waitingChildren: sum('waiting-children'),
  };
}
