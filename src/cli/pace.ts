/** How quick a count grows, and how long it will still take. */

export interface Pace {
  /** A second, since the count began to move. */
  rate: number;
  /** Seconds; undefined while the count has not moved. */
  left: number | undefined;
}

/** Measures from the last moment before the count moved, so that starting workers does not count, to its end. */
export function openPace(): (
  done: number,
  { expected, seconds }: { expected: number; seconds: number },
) => Pace {
  let base: { done: number; seconds: number } | undefined;
  let reached: { done: number; pace: Pace } | undefined;
  return (done, { expected, seconds }) => {
    if (base === undefined || done <= base.done) base = { done, seconds };
    const elapsed = seconds - base.seconds;
    if (elapsed <= 0) return { rate: 0, left: undefined };
    if (done === expected && reached?.done === done) return reached.pace;
    const rate = (done - base.done) / elapsed;
    const pace = { rate, left: (expected - done) / rate };
    reached = { done, pace };
    return pace;
  };
}
