/** Committing shard records: once, atomically; a second writer compares instead of adding. */
import { inOrder } from '../data/in-order.ts';
import { type ShardRecord, shardRecordSchema } from '../scoring/records.ts';
import { digestOf } from '../storage/digest.ts';
import type { Storage } from '../storage/storage.ts';
import type { PlannedModel } from './plan.ts';
import { reuseKey, runKeys } from './run-keys.ts';

/** What two records of one shard must agree on. */
function resultDigest({ tally, predictions }: ShardRecord): string {
  return digestOf({ tally, predictions });
}

/**
 * Writes the record unless one is there already. Where an earlier record differs in tally or predictions,
 * it stands, and the disagreement is kept as a finding for the report.
 */
export async function commitShardRecord(
  storage: Storage,
  { model, record }: { model: PlannedModel; record: ShardRecord },
): Promise<void> {
  const keys = runKeys(record.runId);
  const key = keys.record(model, record.shard.index);
  if (await storage.put(key, JSON.stringify(record), { ifAbsent: true })) {
    await storage.put(reuseKey(reuseDigest(record)), JSON.stringify({ record: key }));
    return;
  }
  const earlier = await readShardRecord(storage, key);
  const digest = resultDigest(record);
  if (digest === resultDigest(earlier)) return;
  await storage.put(
    keys.finding(model, record.shard.index, digest),
    JSON.stringify({
      shard: record.shard.index,
      tallies: [earlier.tally, record.tally],
      fingerprints: [earlier.fingerprint, record.fingerprint],
    }),
  );
}

export async function readShardRecord(storage: Storage, key: string): Promise<ShardRecord> {
  return shardRecordSchema.parse(JSON.parse((await storage.get(key)).toString()));
}

/** Records read at a time: a store elsewhere takes a while for each. */
const recordsAtOnce = 16;

/** In the order of the keys. */
export function readShardRecords(
  storage: Storage,
  keys: readonly string[],
): AsyncGenerator<ShardRecord> {
  return inOrder(keys, {
    limit: recordsAtOnce,
    work: (key) => readShardRecord(storage, key),
  });
}

/** What a record may be found by: the bits of an answer depend on the kind of machine too, though not on which one. */
type Reusable = Pick<ShardRecord, 'conditions' | 'shard' | 'fingerprint'>;

/** The address under which a record may be found again: its conditions, its part of the dataset, its kind of machine. */
function reuseDigest({ conditions, shard, fingerprint }: Reusable): string {
  const { dataset: _wholeDataset, ...rest } = conditions;
  const { host: _thisOne, ...machine } = fingerprint;
  return digestOf({ conditions: rest, shard: shard.digest, machine });
}

/** A record made earlier under equal conditions, whatever its run; undefined when there is none. */
export async function findReusable(
  storage: Storage,
  wanted: Reusable,
): Promise<ShardRecord | undefined> {
  const pointer = reuseKey(reuseDigest(wanted));
  if ((await storage.size(pointer)) === undefined) return undefined;
  const { record } = JSON.parse((await storage.get(pointer)).toString()) as { record: string };
  return (await storage.size(record)) === undefined ? undefined : readShardRecord(storage, record);
}
