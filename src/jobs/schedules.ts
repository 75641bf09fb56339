/** Schedules, in storage: what is to be run by which timetable, and which runs came of it. The queue may lose all of it. */
import { z } from 'zod';
import { TopfiveError } from '../errors.ts';
import type { Night } from '../scoring/night-record.ts';
import type { Storage } from '../storage/storage.ts';
import { keyPart } from './append-only.ts';
import { readStored } from './read-stored.ts';
import { specSchema } from './spec.ts';

const scheduleSchema = z.object({
  schemaVersion: z.literal(1),
  name: z.string(),
  cron: z.string(),
  timeZone: z.string(),
  /** When it was added, and by whom. */
  at: z.iso.datetime(),
  author: z.string(),
  /** As it was then, with absolute paths. */
  spec: specSchema,
});
export type Schedule = z.infer<typeof scheduleSchema>;

const begunSchema = z.object({ runId: z.string() });

const root = 'schedules/';
const folderOf = (name: string) => `${root}${keyPart(name)}/`;
const keyOf = (name: string) => `${folderOf(name)}schedule.json`;
const begunKey = (name: string, due: Date) =>
  `${folderOf(name)}begun/${due.toISOString().replaceAll(':', '')}.json`;

/** One of the same name is replaced. */
export async function keepSchedule(storage: Storage, schedule: Schedule): Promise<void> {
  await storage.put(keyOf(schedule.name), `${JSON.stringify(schedule, null, 2)}\n`);
}

/** In order of their names. */
export async function readSchedules(storage: Storage): Promise<Schedule[]> {
  const names = (await storage.folders(root)).map(decodeURIComponent);
  const found = await Promise.all(names.map((name) => findSchedule(storage, name)));
  return found.filter((schedule) => schedule !== undefined);
}

/** Undefined when there is none of that name. */
export async function findSchedule(storage: Storage, name: string): Promise<Schedule | undefined> {
  const key = keyOf(name);
  if ((await storage.size(key)) === undefined) return undefined;
  return readStored(storage, { key, schema: scheduleSchema });
}

/** @throws TopfiveError `not-found` that names those that are there */
export async function readSchedule(storage: Storage, name: string): Promise<Schedule> {
  const schedule = await findSchedule(storage, name);
  if (schedule) return schedule;
  const names = (await readSchedules(storage)).map((one) => `"${one.name}"`).join(', ');
  throw new TopfiveError(
    'not-found',
    `there is no schedule "${name}" in ${storage.uri}: ${names ? `there are ${names}` : 'it has none'}`,
  );
}

/** Its nights stay. */
export async function removeSchedule(storage: Storage, name: string): Promise<void> {
  await storage.deleteFolder(folderOf(name));
}

/** The last night that a schedule came to, and since when nights are due by it: since that one, or since it was added. */
export function lastOnSchedule(
  nights: readonly Night[],
  { name, at }: Pick<Schedule, 'name' | 'at'>,
): { last: Night | undefined; since: Date } {
  const last = nights.findLast(({ scheduled }) => scheduled?.schedule === name);
  const since = Math.max(Date.parse(last?.scheduled?.due ?? at), Date.parse(at));
  return { last, since: new Date(since) };
}

/** The run that was begun for a night, so that a worker that takes it up after another's death goes on with it. */
export async function findBegun(
  storage: Storage,
  { schedule, due }: { schedule: string; due: Date },
): Promise<string | undefined> {
  const key = begunKey(schedule, due);
  if ((await storage.size(key)) === undefined) return undefined;
  return (await readStored(storage, { key, schema: begunSchema })).runId;
}

export async function markBegun(
  storage: Storage,
  { schedule, due, runId }: { schedule: string; due: Date; runId: string },
): Promise<void> {
  await storage.put(begunKey(schedule, due), JSON.stringify({ runId }));
}

/** Whether a night that was due then, or later, has begun. */
export async function hasBegunSince(
  storage: Storage,
  { schedule, due }: { schedule: string; due: Date },
): Promise<boolean> {
  for await (const { key } of storage.list(`${folderOf(schedule)}begun/`)) {
    if (key >= begunKey(schedule, due)) return true;
  }
  return false;
}
