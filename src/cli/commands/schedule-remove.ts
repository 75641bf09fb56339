/** `topfive schedule remove`: no more nights by that timetable; those that were stay. */
import type { Command } from 'commander';
import { readSchedule, removeSchedule } from '../../jobs/schedules.ts';
import { openScheduleQueue } from '../../queue/schedule-queue.ts';
import { joinWorkplace } from '../../runs/workplace.ts';
import { openStorage } from '../../storage/open.ts';
import { tell } from '../out.ts';
import { readSettings } from '../settings.ts';

export function addScheduleRemove(schedule: Command): void {
  const command = schedule
    .command('remove')
    .description('no more nights by that timetable; those that were stay')
    .argument('<name>', 'as "topfive schedule list" shows it')
    .action(async (name: string) => {
      const settings = readSettings(command);
      const storage = openStorage(settings.store);
      await readSchedule(storage, name);
      const workplace = await joinWorkplace(settings, { own: false });
      try {
        if (workplace) {
          const queue = await openScheduleQueue(workplace.engine.url, settings.log);
          await queue.remove({ store: storage.uri, schedule: name });
          await queue.close();
        }
        await removeSchedule(storage, name);
      } finally {
        await workplace?.close();
      }
      tell(`schedule "${name}" is removed`);
    });
}
