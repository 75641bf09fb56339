/** `topfive schedule add`: keeps a spec with its timetable, and tells the queue. */
import type { Command } from 'commander';
import { keepSchedule } from '../../jobs/schedules.ts';
import { checkTimetable } from '../../jobs/timetable.ts';
import { openScheduleQueue } from '../../queue/schedule-queue.ts';
import { instant } from '../../report/numbers.ts';
import { checkStore } from '../../runs/check-store.ts';
import { readScheduleState } from '../../runs/schedule-state.ts';
import { webhookOf } from '../../runs/tell-night.ts';
import { joinWorkplace } from '../../runs/workplace.ts';
import { openStorage } from '../../storage/open.ts';
import { jsonOption, wording } from '../options.ts';
import { tell, writeJson } from '../out.ts';
import { type CliSettings, readSettings } from '../settings.ts';
import { readSpec } from '../spec-flags.ts';

interface AddFlags {
  cron: string;
  tz: string;
  name?: string;
  json?: true;
}

export function addScheduleAdd(schedule: Command): void {
  const command = schedule
    .command('add')
    .description(
      'run a spec as "topfive nightly" does, by a timetable; one of the same name is replaced',
    )
    .argument('<spec>', 'a YAML or JSON file; it is kept as it is now')
    .requiredOption(
      '--cron <fields>',
      'when: minute, hour, day, month, weekday; "0 2 * * *" is at two every night',
      wording,
    )
    .option('--tz <zone>', 'time zone of the timetable, such as Europe/Berlin', 'UTC')
    .option('--name <name>', 'what it is called (default: the name of the spec)', wording)
    .addOption(jsonOption('the schedule'))
    .action((file: string, flags: AddFlags) => add(file, flags, readSettings(command)));
}

async function add(file: string, flags: AddFlags, settings: CliSettings): Promise<void> {
  const spec = await readSpec(file, {});
  webhookOf(spec);
  const timetable = { cron: flags.cron, timeZone: flags.tz };
  checkTimetable(timetable);
  const storage = openStorage(settings.store);
  await checkStore(storage);
  // Before anything is kept: a queue that was named and cannot be reached is a mistake.
  const workplace = await joinWorkplace(settings, { own: false });
  try {
    const now = new Date();
    const schedule = {
      schemaVersion: 1 as const,
      name: flags.name ?? spec.name,
      ...timetable,
      at: now.toISOString(),
      author: settings.environment.actor,
      spec,
    };
    await keepSchedule(storage, schedule);
    if (workplace) {
      const queue = await openScheduleQueue(workplace.engine.url, settings.log);
      await queue.keep({ store: storage.uri, schedule: schedule.name }, timetable);
      await queue.close();
    }
    const state = await readScheduleState(storage, { schedule, now });
    if (flags.json) await writeJson(state);
    else tell(`schedule "${state.name}": the next night is due ${instant(state.next)}`);
    if (!workplace) {
      tell(`it begins to count when a worker runs: topfive worker --store ${settings.store}`);
    }
  } finally {
    await workplace?.close();
  }
}
