/** Merges the shard records of one model into the columns and the tally of the whole manifest, or says why not. */
import { concatPredictions } from './predictions.ts';
import type { Conditions, Failure, Predictions, ShardRecord, Tally, Timings } from './records.ts';
import { addTallies, checkTally, zeroTally } from './tally.ts';

export interface Merged {
  conditions: Conditions;
  tally: Tally;
  /** In manifest order. */
  predictions: Predictions;
  failures: Failure[];
  /** Sums over the shards. */
  timings: Timings;
}

/** `reasons`: why there is no result, one sentence each, in shard order. */
export type Merge = { merged: Merged } | { reasons: string[] };

/**
 * Needs every image of the manifest once, under one set of conditions. The order of `records` does not matter.
 * @param images images of the manifest.
 */
export function mergeShards(records: readonly ShardRecord[], images: number): Merge {
  const ordered = [...records].sort(
    (a, b) => a.shard.start - b.shard.start || a.shard.end - b.shard.end,
  );
  const reasons = [
    ...checkCoverage(ordered, images),
    ...checkConditions(ordered),
    ...ordered.flatMap((record) => checkTally(record) ?? []),
  ];
  if (reasons.length > 0) {
    return { reasons };
  }
  return {
    merged: {
      conditions: ordered[0].conditions,
      tally: ordered.map(({ tally }) => tally).reduce(addTallies, { ...zeroTally }),
      predictions: concatPredictions(ordered.map(({ predictions }) => predictions)),
      failures: ordered.flatMap(({ failures }) => failures),
      timings: sumTimings(ordered.map(({ timings }) => timings)),
    },
  };
}

/** Gaps, overlaps and duplicates of the ranges, which come sorted by start. */
function checkCoverage(ordered: readonly ShardRecord[], images: number): string[] {
  const reasons = images > 0 ? [] : ['The manifest has no images.'];
  let next = 0;
  let last: ShardRecord | undefined;
  for (const record of ordered) {
    const { index, start, end } = record.shard;
    if (start > next) {
      reasons.push(gap(next, start));
    } else if (last && start === last.shard.start && end === last.shard.end) {
      reasons.push(`There are two records of shard ${index}, images ${start} to ${end - 1}.`);
    } else if (last && start < next) {
      reasons.push(
        `Shard ${index}, images ${start} to ${end - 1}, overlaps shard ${last.shard.index}, which ends at image ${last.shard.end - 1}.`,
      );
    }
    if (end > next) {
      next = end;
      last = record;
    }
  }
  if (next < images) {
    reasons.push(gap(next, images));
  } else if (next > images) {
    reasons.push(`Shards reach image ${next - 1}, but the manifest ends at image ${images - 1}.`);
  }
  return reasons;
}

const gap = (from: number, to: number) =>
  `No record covers ${from === to - 1 ? `image ${from}` : `images ${from} to ${to - 1}`} of the manifest.`;

function checkConditions(ordered: readonly ShardRecord[]): string[] {
  const [first] = ordered;
  return ordered.flatMap((record) => {
    if (record.model !== first.model) {
      return `Shard ${record.shard.index} is a record of ${record.model}, not of ${first.model}.`;
    }
    return (Object.keys(first.conditions) as (keyof Conditions)[])
      .filter((name) => record.conditions[name] !== first.conditions[name])
      .map(
        (name) =>
          `Shard ${record.shard.index} was computed with ${name} ${record.conditions[name]}, but shard ${first.shard.index} with ${first.conditions[name]}.`,
      );
  });
}

function sumTimings(all: readonly Timings[]): Timings {
  return all.reduce(
    (sum, { wallMs, readMs, pixelsMs, inferMs }) => ({
      wallMs: sum.wallMs + wallMs,
      readMs: sum.readMs + readMs,
      pixelsMs: sum.pixelsMs + pixelsMs,
      inferMs: sum.inferMs + inferMs,
    }),
    { wallMs: 0, readMs: 0, pixelsMs: 0, inferMs: 0 },
  );
}
