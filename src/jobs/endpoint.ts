/** Where the queue of a run is while a coordinator carries it; coordinators are numbered, and the newest one counts. */
import { z } from 'zod';
import type { Storage } from '../storage/storage.ts';
import { readStored } from './read-stored.ts';
import { runKeys } from './run-keys.ts';

const endpointSchema = z.object({
  schemaVersion: z.literal(1),
  /** The number of the coordinator: a later one has a higher one. */
  epoch: z.number().int().positive(),
  /** The queue, password included; it is worth nothing once its coordinator has ended. Null when that ended in order. */
  queue: z.string().nullable(),
  /** Host name of the coordinator. */
  host: z.string(),
  /** When it was written. */
  at: z.string(),
});
export type Endpoint = z.infer<typeof endpointSchema>;

/** Takes the next number; of several that try at once, each gets one of its own. */
export async function claimEpoch(
  storage: Storage,
  { runId, host }: { runId: string; host: string },
): Promise<number> {
  const { coordinators, coordinator } = runKeys(runId);
  let epoch = 1;
  for await (const { key } of storage.list(coordinators)) {
    epoch = Math.max(epoch, 1 + Number(/(\d+)\.json$/.exec(key)?.[1] ?? 0));
  }
  const claim = JSON.stringify({ host, at: new Date().toISOString() });
  while (!(await storage.put(coordinator(epoch), claim, { ifAbsent: true }))) epoch += 1;
  return epoch;
}

/** Undefined while no coordinator has published the run's queue. */
export async function readEndpoint(storage: Storage, runId: string): Promise<Endpoint | undefined> {
  const { endpoint } = runKeys(runId);
  if ((await storage.size(endpoint)) === undefined) return undefined;
  return readStored(storage, { key: endpoint, schema: endpointSchema });
}

/**
 * Says where the queue is, unless a newer coordinator has.
 * @returns false when there is a newer one
 */
export async function publishEndpoint(
  storage: Storage,
  { runId, ...fields }: { runId: string } & Pick<Endpoint, 'epoch' | 'queue' | 'host'>,
): Promise<boolean> {
  if (((await readEndpoint(storage, runId))?.epoch ?? 0) > fields.epoch) return false;
  const endpoint: Endpoint = { schemaVersion: 1, ...fields, at: new Date().toISOString() };
  await storage.put(runKeys(runId).endpoint, JSON.stringify(endpoint));
  return true;
}
