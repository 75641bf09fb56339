/** Reuse: shard records of earlier runs are taken over where conditions and the images' bytes are equal. */

import { inOrder } from '../data/in-order.ts';
import type { ManifestEntry } from '../data/manifest.ts';
import { sha256 } from '../storage/digest.ts';
import { commitShardRecord, findReusable } from './shard-commit.ts';
import type { ShardTools, ShardWork } from './shard-work.ts';
import type { Station } from './stations.ts';

/** SHA-256 over the images' SHA-256, in order. */
export function contentDigest(digests: string[]): string {
  return sha256(digests.join('\n'));
}

/** Commits what can be taken over and returns the stations that still have to work. */
export async function takeOverRecords(
  stations: Station[],
  { work, tools, entries }: { work: ShardWork; tools: ShardTools; entries: ManifestEntry[] },
): Promise<Station[]> {
  if (!work.plan.reuse) return stations;
  const shard = work.plan.shards[work.shard];
  const { fingerprint } = tools;
  const found = await Promise.all(
    stations.map(({ conditions }) =>
      findReusable(tools.storage, { conditions, shard, fingerprint }),
    ),
  );
  if (found.every((record) => record === undefined)) return stations;
  const content = await readContent(entries, tools);
  const remaining: Station[] = [];
  for (const [index, station] of stations.entries()) {
    const record = found[index];
    if (record === undefined || record.content !== content) {
      remaining.push(station);
      continue;
    }
    const { plan } = work;
    const own = {
      ...record,
      runId: plan.runId,
      model: station.model.id,
      shard,
      conditions: station.conditions,
      takenFrom: record.takenFrom ?? record.runId,
    };
    await commitShardRecord(tools.storage, { model: station.model, record: own });
  }
  return remaining;
}

/** Reads the images without decoding them. */
async function readContent(entries: ManifestEntry[], tools: ShardTools): Promise<string> {
  const digests: string[] = [];
  const work = (entry: ManifestEntry) => tools.pixels.pixels(entry, []);
  for await (const { sha256: digest } of inOrder(entries, { limit: tools.ahead, work })) {
    digests.push(digest);
  }
  return contentDigest(digests);
}
