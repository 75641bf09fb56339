/** How a schedule stands: its next and its last night, and what was missed. */
import { readNights } from '../jobs/nights.ts';
import { hasBegunSince, lastOnSchedule, type Schedule } from '../jobs/schedules.ts';
import { countNights, nextNight } from '../jobs/timetable.ts';
import type { Night } from '../scoring/night-record.ts';
import type { Storage } from '../storage/storage.ts';

export interface ScheduleState extends Pick<Schedule, 'name' | 'cron' | 'timeZone' | 'author'> {
  /** Of the runs; nights of one name share their baseline. */
  runs: string;
  next: string;
  /** The last night that it came to. */
  last: Pick<Night, 'runId' | 'verdict' | 'at'> | null;
  /** Nights that were due since, or since it was added, and that no worker took. */
  missed: number;
}

export async function readScheduleState(
  storage: Storage,
  { schedule, now }: { schedule: Schedule; now: Date },
): Promise<ScheduleState> {
  const { name, cron, timeZone, author, spec } = schedule;
  const nights = await readNights(storage, spec.name);
  const { last, since } = lastOnSchedule(nights, schedule);
  const due = nextNight(schedule, since);
  const isTaken = due > now || (await hasBegunSince(storage, { schedule: name, due }));
  return {
    name,
    cron,
    timeZone,
    author,
    runs: spec.name,
    next: nextNight(schedule, now).toISOString(),
    last: last ? { runId: last.runId, verdict: last.verdict, at: last.at } : null,
    missed: isTaken ? 0 : countNights(schedule, { from: since, until: now }),
  };
}
