/** The record of one model's pass over one shard. */
import type { ShardRecord } from '../scoring/records.ts';
import { tallyOf } from '../scoring/tally.ts';
import type { PassResult } from './model-pass.ts';
import type { Reading } from './pass-over-images.ts';
import type { ShardTools, ShardWork } from './shard-work.ts';
import type { Station } from './stations.ts';

interface RecordParts {
  work: ShardWork;
  tools: ShardTools;
  result: PassResult;
  reading: Reading;
  wallMs: number;
}

export function makeShardRecord({ model, conditions }: Station, parts: RecordParts): ShardRecord {
  const { work, tools, result, reading, wallMs } = parts;
  const { content, readMs, pixelsMs } = reading;
  return {
    schemaVersion: 1,
    runId: work.plan.runId,
    model: model.id,
    shard: work.plan.shards[work.shard],
    conditions,
    tally: tallyOf(result.predictions, result.ties),
    predictions: result.predictions,
    failures: result.failures,
    content,
    timings: { wallMs, readMs, pixelsMs, inferMs: result.inferMs },
    fingerprint: tools.fingerprint,
  };
}
