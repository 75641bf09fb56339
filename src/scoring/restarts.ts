/** What may be said of a mean after several restarts of the process. */
import { upperTQuantile } from './distributions.ts';

/**
 * Fewest restarts behind a quoted interval. Runs within a process share its memory layout and its luck, so only the
 * means of restarts are independent (Georges, Buytaert & Eeckhout 2007; Kalibera & Jones 2013).
 */
export const fewestRestarts = 5;

/** The mean of restart means, and its 95% interval by Student's t over them; null with fewer than five. */
export interface RestartMean {
  mean: number;
  interval: { low: number; high: number } | null;
}

/** @param means one a restart, at least one */
export function restartMean(means: readonly number[]): RestartMean {
  const { mean, variance } = momentsOf(means);
  if (means.length < fewestRestarts) return { mean, interval: null };
  const half = upperTQuantile(0.025, means.length - 1) * Math.sqrt(variance / means.length);
  return { mean, interval: { low: mean - half, high: mean + half } };
}

/**
 * The 95% interval of the difference of two measurements' true means (Welch 1947), by the degrees of the one with fewer
 * restarts, with which it is never too narrow. Two measurements agree when it holds 0.
 * @param a restart means, at least two; as for `b`
 */
export function differenceInterval(
  a: readonly number[],
  b: readonly number[],
): { low: number; high: number } {
  const [one, other] = [a, b].map(momentsOf);
  const degrees = Math.min(a.length, b.length) - 1;
  const error = Math.sqrt(one.variance / a.length + other.variance / b.length);
  const half = upperTQuantile(0.025, degrees) * error;
  const difference = one.mean - other.mean;
  return { low: difference - half, high: difference + half };
}

/** The unbiased variance; 0 of a single value. */
function momentsOf(values: readonly number[]): { mean: number; variance: number } {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const squares = values.reduce((sum, value) => sum + (value - mean) ** 2, 0);
  return { mean, variance: squares / Math.max(1, values.length - 1) };
}
