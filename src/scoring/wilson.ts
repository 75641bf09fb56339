/** A fraction and its 95% Wilson score interval (Wilson 1927), for images not seen. */
import type { Metric } from './run-record.ts';

/** The 97.5% quantile of the normal distribution. */
const z = 1.959963984540054;

/** The interval that holds nothing out: [0, 1] when `total` is 0. */
export function wilson(correct: number, total: number): { low: number; high: number } {
  if (total === 0) {
    return { low: 0, high: 1 };
  }
  const fraction = correct / total;
  const shrink = 1 + (z * z) / total;
  const centre = fraction + (z * z) / (2 * total);
  const half = z * Math.sqrt((fraction * (1 - fraction) + (z * z) / (4 * total)) / total);
  return {
    low: correct === 0 ? 0 : Math.max(0, (centre - half) / shrink),
    high: correct === total ? 1 : Math.min(1, (centre + half) / shrink),
  };
}

/** `fraction` is correct / expected, failures counted as wrong; 0 of 0 is 0. */
export function metricOf(correct: number, expected: number): Metric {
  return {
    correct,
    fraction: expected === 0 ? 0 : correct / expected,
    ...wilson(correct, expected),
  };
}
