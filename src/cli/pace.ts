/** How quick a count grows, and how long it will still take. */

export interface Pace {
  /** A second, since the count began to move. */
  rate: number;
  /** Seconds; undefined while the count has not moved. */
  left: number | undefined;
}

/** Measures from the last moment before the count moved, so that starting workers does not count. */
export function openPace(): (
  done: number,
  { expected, seconds }: { expected: number; seconds: number },
) => Pace {
  let base: { done: number; seconds: number } | undefined;
  return (done, { expected, seconds }) => {
    if (base === undefined || done <= base.done) base = { done, seconds };
    const elapsed = seconds - base.seconds;
    if (elapsed <= 0) return { rate: 0, left: undefined };
    const rate = (done - base.done) / elapsed;
    return { rate, left: (expected - done) / rate };
  };
}
