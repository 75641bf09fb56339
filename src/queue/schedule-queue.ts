/** Timetables on the queue: each puts a night on it when it is time, as long as a worker that takes nights is there. */
import { Queue } from 'bullmq';
import type { Timetable } from '../jobs/timetable.ts';
import type { Logger } from '../log.ts';
import { digestOf } from '../storage/digest.ts';
import { nightsQueue } from './backend.ts';
import { type BullQueue, connectQueue } from './connection.ts';
import { logErrors } from './error-log.ts';
import { withPatience } from './patience.ts';
import { checkPayload, type NightPayload, nightPayloadSchema } from './payload.ts';

export interface ScheduleQueue {
  /**
   * Puts the schedule on the queue. One that is there with the same timetable stays as it is, and with it a night that
   * has been due since no worker was there.
   */
  keep(night: NightPayload, timetable: Timetable): Promise<void>;
  /** Takes it off, with the night that it has put there for later; one that is being worked on goes on. */
  remove(night: NightPayload): Promise<void>;
  close(): Promise<void>;
}

/** Rejects with a `queue` error when the server does not answer. */
export async function openScheduleQueue(url: string, log: Logger): Promise<ScheduleQueue> {
  const connection = await connectQueue(url, log);
  const nights: BullQueue = new Queue(nightsQueue, connection.options, connection.shared);
  nights.on('error', logErrors(log, `queue ${nightsQueue}`));
  return {
    keep: (night, timetable) => withPatience(() => keep(nights, { night, timetable })),
    async remove(night) {
      await withPatience(() => nights.removeJobScheduler(schedulerId(night)));
    },
    async close() {
      await nights.close();
      await connection.close();
    },
  };
}

/** Nights that the queue remembers; a night itself lives in storage. Age in seconds. */
const nightsKept = { count: 50, age: 30 * 86_400 };

async function keep(
  nights: BullQueue,
  { night, timetable: { cron, timeZone } }: { night: NightPayload; timetable: Timetable },
): Promise<void> {
  const id = schedulerId(night);
  const known = await nights.getJobScheduler(id);
  if (known?.pattern === cron && known.tz === timeZone) return;
  await nights.upsertJobScheduler(
    id,
    { pattern: cron, tz: timeZone },
    {
      name: 'night',
      data: checkPayload(nightPayloadSchema, night),
      opts: {
        // Storage that does not answer at two in the morning may answer a few minutes later.
        attempts: 4,
        backoff: { type: 'exponential', delay: 30_000 },
        stackTraceLimit: 1,
        removeOnComplete: nightsKept,
        removeOnFail: nightsKept,
      },
    },
  );
}

/** One queue may serve several stores, whose schedules may have the same name. */
function schedulerId({ store, schedule }: NightPayload): string {
  return digestOf({ store, schedule }).slice(0, 16);
}
