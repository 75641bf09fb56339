/** Work done a few pieces at a time, its results in the order of the pieces. */

/**
 * Runs `work` on at most `limit` items at once and yields the results in order; the first rejection is thrown in
 * its place. Nothing is left running when the consumer stops early.
 */
export async function* inOrder<T, R>(
  items: Iterable<T>,
  { limit, work }: { limit: number; work: (item: T) => Promise<R> },
): AsyncGenerator<R> {
  const running: Promise<R>[] = [];
  try {
    for (const item of items) {
      const started = work(item);
      started.catch(() => {});
      running.push(started);
      if (running.length >= limit) yield await (running.shift() as Promise<R>);
    }
    while (running.length > 0) yield await (running.shift() as Promise<R>);
  } finally {
    await Promise.allSettled(running);
  }
}
