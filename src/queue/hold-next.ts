/** A worker may hold a second shard, whose images come while it computes the first, as long as enough wait for the others. */
import { messageOf } from '../errors.ts';
import type { Logger } from '../log.ts';
import type { QueueConnection } from './connection.ts';

/** With fewer rounds to come a shard that is held is one that an idle worker lacks at the end. */
const roundsToCome = 2;

export interface Holding {
  /** Sets how many shards the worker may have at a time. */
  allow: (count: 1 | 2) => void;
  log: Logger;
}

/**
 * To be called when a shard is taken, before anything is waited for: the worker decides at once whether to take another.
 * @param isWorthwhile whether the worker has anything to gain
 */
export type OnTaken = (isWorthwhile: () => Promise<boolean>) => Promise<void>;

/** What waits is counted with every shard; until the answer is there, every worker is taken to be as quick as this one. */
export function watchNext({ shards }: QueueConnection, { allow, log }: Holding): OnTaken {
  const known = { waiting: 0, workers: 1 };
  let taken = 0;
  const decide = () => allow(known.waiting >= roundsToCome * known.workers ? 2 : 1);
  return async (isWorthwhile) => {
    taken += 1;
    known.waiting -= known.workers;
    decide();
    const before = taken;
    try {
      const [{ waiting = 0 }, workers] = (await isWorthwhile())
        ? await Promise.all([shards.getJobCounts('waiting'), shards.getWorkersCount()])
        : [{}, 1];
      known.workers = workers;
      known.waiting = waiting - workers * (taken - before);
      decide();
    } catch (error) {
      log.debug(`what waits is not known: ${messageOf(error)}`);
    }
  };
}
