/** Latencies as counts in logarithmic buckets, which add: what a latency record keeps instead of a list. */
import { z } from 'zod';

const count = z.number().int().nonnegative();

/** Latencies in whole nanoseconds. `count`, `sum`, `min` and `max` are exact; min and max of nothing are 0. */
export const histogramSchema = z.object({
  count,
  sum: count,
  min: count,
  max: count,
  /** Bucket and how many latencies are in it, by bucket; none is empty. */
  buckets: z.array(z.tuple([count, z.number().int().positive()])),
});
export type Histogram = z.infer<typeof histogramSchema>;

/**
 * Buckets in each power of two, as in an HdrHistogram of three digits: a bucket's middle is at most 1 part in 2048
 * from every latency in it.
 */
const perOctave = 1024;

export const emptyHistogram: Readonly<Histogram> = {
  count: 0,
  sum: 0,
  min: 0,
  max: 0,
  buckets: [],
};

/** @param latencies whole nanoseconds, none negative */
export function histogramOf(latencies: readonly number[]): Histogram {
  const counts = new Map<number, number>();
  const totals = { count: latencies.length, sum: 0, min: Number.POSITIVE_INFINITY, max: 0 };
  for (const latency of latencies) {
    const bucket = bucketOf(latency);
    counts.set(bucket, (counts.get(bucket) ?? 0) + 1);
    totals.sum += latency;
    totals.min = Math.min(totals.min, latency);
    totals.max = Math.max(totals.max, latency);
  }
  return latencies.length === 0 ? { ...emptyHistogram } : { ...totals, buckets: inOrder(counts) };
}

export function addHistograms(a: Readonly<Histogram>, b: Readonly<Histogram>): Histogram {
  if (a.count === 0) return { ...b };
  if (b.count === 0) return { ...a };
  const counts = new Map(a.buckets);
  for (const [bucket, more] of b.buckets) counts.set(bucket, (counts.get(bucket) ?? 0) + more);
  return {
    count: a.count + b.count,
    sum: a.sum + b.sum,
    min: Math.min(a.min, b.min),
    max: Math.max(a.max, b.max),
    buckets: inOrder(counts),
  };
}

/**
 * The latency at a place in ascending order, from 0, in nanoseconds: exact to 1 part in 2048.
 * @param rank below `count`
 */
export function latencyAt({ min, max, buckets }: Readonly<Histogram>, rank: number): number {
  let below = 0;
  for (const [bucket, inside] of buckets) {
    below += inside;
    if (rank < below) return Math.min(max, Math.max(min, middleOf(bucket)));
  }
  return max;
}

function inOrder(counts: Map<number, number>): [number, number][] {
  return [...counts].sort(([a], [b]) => a - b);
}

/** Below `2 × perOctave` a bucket is one nanosecond wide; its width doubles with every further power of two. */
function bucketOf(latency: number): number {
  const shift = shiftOf(latency);
  return shift * perOctave + Math.floor(latency / 2 ** shift);
}

function middleOf(bucket: number): number {
  const shift = Math.max(0, Math.floor(bucket / perOctave) - 1);
  const lowest = (bucket - shift * perOctave) * 2 ** shift;
  return lowest + (2 ** shift - 1) / 2;
}

function shiftOf(latency: number): number {
  const octave = Math.floor(Math.log2(latency / perOctave));
  // The logarithm of a number just below a power of two rounds up to it.
  return Math.max(0, perOctave * 2 ** octave > latency ? octave - 1 : octave);
}
