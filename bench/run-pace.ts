/** How fast a run went, read from what it left in its store: the shard records and when they were written. */
import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { shardRecordSchema } from '../src/scoring/records.ts';

/** One shard at work, in milliseconds of the clock. */
interface Interval {
  start: number;
  end: number;
  images: number;
  batch: number;
}

export interface RunPace {
  batch: number;
  /** Images a second while every worker was at work. */
  steady: number;
  steadySeconds: number;
  /** When the first image was taken, and when the last record was written; milliseconds of the clock. */
  first: number;
  last: number;
}

/** @param records folder of one model's shard records */
export async function readPace(records: string, workers: number): Promise<RunPace> {
  const files = (await readdir(records)).filter((name) => name.endsWith('.json'));
  const intervals = await Promise.all(files.map((name) => readInterval(join(records, name))));
  const { from, to } = busyWindow(intervals, workers);
  const images = intervals.reduce((sum, { start, end, images: count }) => {
    const shared = Math.min(end, to) - Math.max(start, from);
    return sum + (count * Math.max(0, shared)) / (end - start);
  }, 0);
  const steadySeconds = (to - from) / 1000;
  return {
    batch: intervals[0].batch,
    steady: images / steadySeconds,
    steadySeconds,
    first: Math.min(...intervals.map(({ start }) => start)),
    last: Math.max(...intervals.map(({ end }) => end)),
  };
}

async function readInterval(path: string): Promise<Interval> {
  const { mtimeMs } = await stat(path);
  const record = shardRecordSchema.parse(JSON.parse(await readFile(path, 'utf8')));
  const { timings, tally, conditions } = record;
  return {
    start: mtimeMs - timings.wallMs,
    end: mtimeMs,
    images: tally.expected,
    batch: conditions.batch,
  };
}

/** From the first to the last moment at which all workers had a shard; the gaps between shards lie inside. */
function busyWindow(intervals: Interval[], workers: number): { from: number; to: number } {
  const events = intervals.flatMap(({ start, end }) => [
    { at: start, step: 1 },
    { at: end, step: -1 },
  ]);
  events.sort((a, b) => a.at - b.at || a.step - b.step);
  let busy = 0;
  let from: number | undefined;
  let to = Number.NEGATIVE_INFINITY;
  for (const { at, step } of events) {
    if (busy === workers) to = at;
    busy += step;
    if (busy === workers) from ??= at;
  }
  if (from === undefined) {
    throw new Error(`never ${workers} shards at once among ${intervals.length}: use more images`);
  }
  return { from, to };
}
