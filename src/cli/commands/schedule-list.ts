/** `topfive schedule list`: timetables, their next and last nights, and what was missed. */
import type { Command } from 'commander';
import { readSchedules } from '../../jobs/schedules.ts';
import { counted, instant } from '../../report/numbers.ts';
import { plainTable } from '../../report/plain-table.ts';
import { readScheduleState, type ScheduleState } from '../../runs/schedule-state.ts';
import { openStorage } from '../../storage/open.ts';
import { jsonOption } from '../options.ts';
import { tell, writeJson, writeOut } from '../out.ts';
import { readSettings } from '../settings.ts';

export function addScheduleList(schedule: Command): void {
  const command = schedule
    .command('list')
    .description('show the schedules of the store, their next and last nights, and what was missed')
    .addOption(jsonOption('an array of schedules'))
    .action(async (flags: { json?: true }) => {
      const { store } = readSettings(command);
      const storage = openStorage(store);
      const now = new Date();
      const schedules = await readSchedules(storage);
      const states = await Promise.all(
        schedules.map((one) => readScheduleState(storage, { schedule: one, now })),
      );
      if (flags.json) await writeJson(states);
      else if (states.length > 0) await writeOut(describe(states));
      else tell(`${store} has no schedules; "topfive schedule add SPEC --cron FIELDS" makes one`);
      for (const { name, missed } of states) if (missed > 0) tell(missedLine(name, missed));
    });
}

function missedLine(name: string, missed: number): string {
  return `warning: ${counted(missed, 'night')} of "${name}" found no worker; "topfive worker" without --exit-when-idle takes them`;
}

function describe(states: ScheduleState[]): string {
  const table = plainTable({
    head: ['name', 'timetable', 'zone', 'next', 'last', 'verdict', 'missed'],
    rows: states.map(({ name, cron, timeZone, next, last, missed }) => [
      name,
      cron,
      timeZone,
      instant(next),
      last ? instant(last.at) : '-',
      last?.verdict ?? '-',
      String(missed),
    ]),
  });
  return `${table}\n`;
}
