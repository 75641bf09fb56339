/** Restarts of a latency measurement, made up of known latencies. */
import { histogramOf } from '../../src/scoring/latency-histogram.ts';
import type { Restart } from '../../src/scoring/latency-record.ts';

/** @param milliseconds latency of each query */
export function restartOf(milliseconds: readonly number[], change: Partial<Restart> = {}): Restart {
  const state = { clockMHz: 3000, temperatureC: null, throttled: 0, accelerator: null };
  return {
    histogram: histogramOf(milliseconds.map((latency) => latency * 1e6)),
    held: null,
    ending: 'stable',
    spread: 0.01,
    seconds: milliseconds.reduce((sum, latency) => sum + latency, 0) / 1000,
    openSeconds: 0.1,
    warmUp: { runs: 10, seconds: 0.1 },
    memoryBytes: 1e6,
    deviceMemoryBytes: null,
    answers: { compared: 16, differing: 0, largestDifference: 0, classes: [1, 2, 3] },
    otherCores: 0.01,
    before: state,
    after: state,
    ...change,
  };
}

/** Five quiet restarts of so many equal queries each. */
export function quietRestarts(queries: number, change: Partial<Restart> = {}): Restart[] {
  return [10, 10.1, 9.9, 10.05, 9.95].map((latency) =>
    restartOf(Array<number>(queries).fill(latency), change),
  );
}
