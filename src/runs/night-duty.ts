/** What a worker that always runs does besides: it takes nights, and keeps the schedules of its store on the queue. */
import { messageOf } from '../errors.ts';
import { readSchedules } from '../jobs/schedules.ts';
import type { NightPayload } from '../queue/payload.ts';
import type { NightContext } from '../queue/run-worker.ts';
import { openScheduleQueue, type ScheduleQueue } from '../queue/schedule-queue.ts';
import type { Storage } from '../storage/storage.ts';
import { conductNight, type NightShift } from './conduct-night.ts';

export interface NightDuty {
  night(payload: NightPayload, context: NightContext): Promise<void>;
  close(): Promise<void>;
}

/** How often the queue is told again, in milliseconds: a server that lost its memory misses no night by it. */
const keepEveryMs = 300_000;

/** Storage is the truth about schedules; the queue is told of them now, and from time to time until the duty is closed. */
export async function openNightDuty(shift: NightShift): Promise<NightDuty> {
  const { storage, engine } = shift.workplace;
  const queue = await openScheduleQueue(engine.url, shift.log);
  await keepAll(storage, queue);
  let keeping = Promise.resolve();
  const timer = setInterval(() => {
    keeping = keepAll(storage, queue).catch((error) =>
      shift.log.warn(`the schedules could not be put on the queue: ${messageOf(error)}`),
    );
  }, keepEveryMs);
  return {
    night: (payload, context) => conductNight(payload, { context, shift }),
    async close() {
      clearInterval(timer);
      await keeping;
      await queue.close();
    },
  };
}

async function keepAll(storage: Storage, queue: ScheduleQueue): Promise<void> {
  for (const schedule of await readSchedules(storage)) {
    await queue.keep({ store: storage.uri, schedule: schedule.name }, schedule);
  }
}
