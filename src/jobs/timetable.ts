/** When nights are due: the only door to cron-parser, which BullMQ reads its timetables with as well. */
import { CronExpressionParser } from 'cron-parser';
import { messageOf, TopfiveError } from '../errors.ts';

export interface Timetable {
  /** Five fields, or six with seconds first. */
  cron: string;
  /** A name of the IANA database. */
  timeZone: string;
}

/** @throws TopfiveError `usage` that says what is wrong with it */
export function checkTimetable({ cron, timeZone }: Timetable): void {
  try {
    new Intl.DateTimeFormat('en', { timeZone });
  } catch (error) {
    throw new TopfiveError(
      'usage',
      `the time zone must be a name such as Europe/Berlin or UTC, not "${timeZone}"`,
      { cause: error },
    );
  }
  if (cron.trim().split(/\s+/).length < 5) throw unreadable(cron, 'it has fewer than five fields');
  try {
    CronExpressionParser.parse(cron, { tz: timeZone }).next();
  } catch (error) {
    throw unreadable(cron, messageOf(error));
  }
}

function unreadable(cron: string, why: string): TopfiveError {
  return new TopfiveError(
    'usage',
    `the timetable must be five fields of cron such as "0 2 * * *" (minute, hour, day, month, weekday), not "${cron}": ${why}`,
  );
}

/** The first night after a time. */
export function nextNight({ cron, timeZone }: Timetable, after: Date): Date {
  return CronExpressionParser.parse(cron, { tz: timeZone, currentDate: after }).next().toDate();
}

/** More are not worth counting: a timetable by the minute that slept for a week has 10,080. */
const mostCounted = 1000;

/** How many nights were due after `from` and before `until`, both excluded; at most a thousand. */
export function countNights(timetable: Timetable, { from, until }: { from: Date; until: Date }) {
  const times = CronExpressionParser.parse(timetable.cron, {
    tz: timetable.timeZone,
    currentDate: from,
  });
  let count = 0;
  while (count < mostCounted && times.next().getTime() < until.getTime()) count += 1;
  return count;
}
