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

/** The unbiased variance; 0 of a single value. */
function momentsOf(values: readonly number[]): { mean: number; variance: number } {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const squares = values.reduce((sum, value) => sum + (value - mean) ** 2, 0);
  return { mean, variance: squares / Math.max(1, values.length - 1) };
}
