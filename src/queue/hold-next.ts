/** A worker may hold a second shard, whose images come while it computes the first, as long as enough wait for the others. */
import { messageOf } from '../errors.ts';
import type { Logger } from '../log.ts';
import type { QueueConnection } from './connection.ts';

/** With fewer rounds to come a shard that is held is one that an idle worker lacks at the end. */
const roundsToCome = 2;

export interface Holding {
  /** Whether the worker has anything to gain. */
  isWorthwhile: () => Promise<boolean>;
  log: Logger;
}

/** @returns how many shards a worker may have; counted anew with every shard that it takes */
export async function shardsToHold(
  { shards }: QueueConnection,
  { isWorthwhile, log }: Holding,
): Promise<1 | 2> {
  try {
    if (!(await isWorthwhile())) return 1;
    const [{ waiting = 0 }, workers] = await Promise.all([
      shards.getJobCounts('waiting'),
      shards.getWorkersCount(),
    ]);
    return waiting >= roundsToCome * workers ? 2 : 1;
  } catch (error) {
    log.debug(`no second shard is taken: ${messageOf(error)}`);
    return 1;
  }
}
