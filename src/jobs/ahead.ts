/** Ordered concurrency: work is started ahead of its consumer, results come in the order of the items. */

/**
 * Yields `work(item)` for each item in order, keeping up to `ahead` of them under way.
 * The first rejection ends the iteration; work already started is awaited, not abandoned.
 */
export async function* mapAhead<T, R>(
  items: readonly T[],
  { ahead, work }: { ahead: number; work: (item: T) => Promise<R> },
): AsyncGenerator<R> {
  const underWay: Promise<R>[] = [];
  let next = 0;
  try {
    while (next < items.length || underWay.length > 0) {
      while (next < items.length && underWay.length < ahead) {
        const started = work(items[next++]);
        started.catch(() => {});
        underWay.push(started);
      }
      yield await (underWay.shift() as Promise<R>);
    }
  } finally {
    await Promise.allSettled(underWay);
  }
}
