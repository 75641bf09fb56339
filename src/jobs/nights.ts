/** The nights of a name, in storage: a record that is only added to. */
import { type Night, nightSchema } from '../scoring/night-record.ts';
import type { Storage } from '../storage/storage.ts';
import { append, keyPart, readAll } from './append-only.ts';

const root = 'nights/';
const prefixOf = (name: string) => `${root}${keyPart(name)}/`;

/** Oldest first. */
export function readNights(storage: Storage, name: string): Promise<Night[]> {
  return readAll(storage, { prefix: prefixOf(name), schema: nightSchema });
}

export function keepNight(storage: Storage, night: Night): Promise<void> {
  return append(storage, { prefix: prefixOf(night.name), record: night });
}

/** The night of a run; undefined when it was none. */
export async function findNight(
  storage: Storage,
  { name, runId }: { name: string; runId: string },
): Promise<Night | undefined> {
  return (await readNights(storage, name)).findLast((night) => night.runId === runId);
}
