/** Latencies drawn from known distributions, with a seed. */
import { createRandom } from '../../src/data/random.ts';

/** Nanoseconds; exponential around 1 ms above a floor of 1 ms, so that the p-th percentile is known. */
export function exponential(count: number, seed: number): number[] {
  const random = createRandom(seed);
  return Array.from({ length: count }, () => Math.round(1e6 * (1 - Math.log(1 - random.next()))));
}

export function exponentialPercentile(permille: number): number {
  return 1e6 * (1 - Math.log(1 - permille / 1000));
}

/** Box and Muller (1958). */
export function normal(count: number, { mean, deviation, seed }: Normal): number[] {
  const random = createRandom(seed);
  return Array.from({ length: count }, () => {
    const radius = Math.sqrt(-2 * Math.log(1 - random.next()));
    return mean + deviation * radius * Math.cos(2 * Math.PI * random.next());
  });
}

export interface Normal {
  mean: number;
  deviation: number;
  seed: number;
}
