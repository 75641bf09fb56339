/** When a process has measured enough: minimum time and minimum count, then until its thirds agree, or time is up. */

export interface StopLimits {
  /** Both are reached before a measurement may be called stable. */
  minSeconds: number;
  minCount: number;
  /** The measurement ends with the first latency that reaches one of these, whatever it looks like. */
  maxSeconds: number;
  maxCount: number;
}

/** `short`: time was up before the minimum count. */
export type Ending = 'stable' | 'unstable' | 'short';

export interface StopRule {
  /** Takes the next latency, in seconds; null while more are wanted. */
  add(seconds: number): Ending | null;
  /** How far the means of the thirds are apart, as a fraction of the smallest; 0 before there are three latencies. */
  spread(): number;
}

/**
 * How far the means of the three thirds may be apart. Half of what Triton's perf_analyzer allows its last three
 * windows: a reader of a table takes 10% for a difference.
 */
export const stableSpread = 0.05;

/** The thirds are of all that was measured, because the quoted mean is: nothing unsteady is left out of sight. */
export function openStopRule(limits: StopLimits): StopRule {
  const { minSeconds, minCount, maxSeconds, maxCount } = limits;
  /** Seconds of the first n latencies. */
  const sums = [0];

  function spread(): number {
    const count = sums.length - 1;
    if (count < 3) return 0;
    const cuts = [0, 1, 2, 3].map((thirds) => Math.floor((count * thirds) / 3));
    const means = [1, 2, 3].map(
      (end) => (sums[cuts[end]] - sums[cuts[end - 1]]) / (cuts[end] - cuts[end - 1]),
    );
    return Math.max(...means) / Math.min(...means) - 1;
  }

  return {
    add(seconds) {
      const count = sums.length;
      const sum = sums[count - 1] + seconds;
      sums.push(sum);
      const over = sum >= maxSeconds || count >= maxCount;
      if (count < minCount) return over ? 'short' : null;
      const settled = sum >= minSeconds || count >= maxCount;
      if (settled && spread() <= stableSpread) return 'stable';
      return over ? 'unstable' : null;
    },
    spread,
  };
}
