/** Percentiles of latencies by the rules of MLPerf's LoadGen: the plain one, and the one that a short run may quote. */
import { binomialTail } from './distributions.ts';
import { type Histogram, latencyAt } from './latency-histogram.ts';

/** Of MLPerf's early stopping: the chance that a quoted percentile is too low is 1 − this. */
const confidence = 0.99;

/**
 * The latency at place ⌊count × permille / 1000⌋ from 0 of the ascending latencies, in nanoseconds.
 * @param permille below 1000, e.g. 900 for p90; the histogram is not empty
 */
export function percentile(histogram: Readonly<Histogram>, permille: number): number {
  return latencyAt(histogram, Math.floor((histogram.count * permille) / 1000));
}

/**
 * MLPerf's early-stopping estimate: at least the true percentile with 99% confidence, if latencies are independent.
 * Of n queries it is the t-th longest, t being the most that may be over a latency which still holds the percentile.
 * @returns nanoseconds; null when there are too few queries
 */
export function safePercentile(histogram: Readonly<Histogram>, permille: number): number | null {
  const over = permittedOver(histogram.count, permille);
  return over === 0 ? null : latencyAt(histogram, histogram.count - over);
}

/** The fewest queries of which one may be over: 64 for p90, 662 for p99. */
export function fewestQueries(permille: number): number {
  let queries = 1;
  while (!isPermitted(1, { queries, permille })) queries += 1;
  return queries;
}

/** The largest t with P(Bin(queries, 1 − p) ≤ t) ≤ 1 − confidence; 0 when not even one may be over. */
export function permittedOver(queries: number, permille: number): number {
  let permitted = 0;
  let refused = queries + 1;
  while (refused - permitted > 1) {
    const middle = (permitted + refused) >> 1;
    if (isPermitted(middle, { queries, permille })) permitted = middle;
    else refused = middle;
  }
  return permitted;
}

/** At most `over` of the queries are over exactly when at least the others are under. */
function isPermitted(
  over: number,
  { queries, permille }: { queries: number; permille: number },
): boolean {
  const under = binomialTail(queries - over, { trials: queries, probability: permille / 1000 });
  return under <= 1 - confidence;
}
