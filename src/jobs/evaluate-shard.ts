/** Evaluates one shard with one group of models: each image is read and decoded once, every model sees it. */

import { startPass } from './model-pass.ts';
import { passOverImages } from './pass-over-images.ts';
import { inPlannedOrder } from './planned-order.ts';
import { takeOverRecords } from './reuse.ts';
import { commitShardRecord } from './shard-commit.ts';
import { makeShardRecord } from './shard-record.ts';
import type { ShardTools, ShardWork } from './shard-work.ts';
import { distinctCropRules, openStations, sharesCrops, uncommittedModels } from './stations.ts';

export async function evaluateShard(work: ShardWork, tools: ShardTools): Promise<void> {
  const models = await uncommittedModels(work, tools);
  if (models.length === 0) return;

  const { start, end } = work.plan.shards[work.shard];
  const entries = inPlannedOrder(work.manifest.entries, work.plan).slice(start, end);
  const rules = distinctCropRules(models);
  const opened = await openStations(models, { work, tools, rules });
  const stations = await takeOverRecords(opened, { work, tools, entries });
  if (stations.length === 0) return;

  const started = performance.now();
  const passes = stations.map((station) =>
    startPass(entries, { ...station, shared: sharesCrops(station, stations) }),
  );
  const reading = await passOverImages(passes, { entries, rules, tools });
  const results = await Promise.all(passes.map((pass) => pass.finish()));
  const wallMs = performance.now() - started;

  for (const [index, station] of stations.entries()) {
    const record = makeShardRecord(station, {
      work,
      tools,
      result: results[index],
      reading,
      wallMs,
    });
    await commitShardRecord(tools.storage, { model: station.model, record });
  }
}
