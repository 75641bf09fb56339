/** `topfive schedule`: nights by a timetable, for a queue and a worker that always run. */
import type { Command } from 'commander';
import { addScheduleAdd } from './schedule-add.ts';
import { addScheduleList } from './schedule-list.ts';
import { addScheduleRemove } from './schedule-remove.ts';

export function addSchedule(program: Command): void {
  const schedule = program
    .command('schedule')
    .description('nights by a timetable, where a queue and a worker always run');
  addScheduleAdd(schedule);
  addScheduleList(schedule);
  addScheduleRemove(schedule);
}
