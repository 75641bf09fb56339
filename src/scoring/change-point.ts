/** Where a series of counts changed its level: optimal partitioning by least squares (Jackson et al. 2005). */

/** Nights of one level, from `start` up to before `end`. */
export interface Level {
  start: number;
  end: number;
  mean: number;
}

/** Variance of rounding to whole images: no series is known more finely. */
const leastVariance = 1 / 12;
/** Of a normal distribution: standard deviation over median absolute deviation. */
const deviationOfMedian = 1.4826;

/**
 * The levels that explain the counts best, when each further one must explain more than 2 ln n of the squared
 * deviations in units of the noise (Schwarz's criterion for a mean and a place).
 * @returns in order; empty for no counts.
 */
export function levelsOf(counts: readonly number[]): Level[] {
  const n = counts.length;
  const variance = noiseVariance(counts);
  const penalty = 2 * Math.log(Math.max(2, n));
  const cost = segmentCost(counts);
  const best = [-penalty];
  const cut: number[] = [0];
  for (let end = 1; end <= n; end += 1) {
    best[end] = Number.POSITIVE_INFINITY;
    for (let start = 0; start < end; start += 1) {
      const total = best[start] + cost(start, end) / variance + penalty;
      if (total < best[end]) {
        best[end] = total;
        cut[end] = start;
      }
    }
  }
  const levels: Level[] = [];
  for (let end = n; end > 0; end = cut[end]) {
    const part = counts.slice(cut[end], end);
    levels.unshift({ start: cut[end], end, mean: sum(part) / part.length });
  }
  return levels;
}

/** From the differences of neighbours, which a change of level touches once. */
function noiseVariance(counts: readonly number[]): number {
  const steps = counts.slice(1).map((count, index) => Math.abs(count - counts[index]));
  if (steps.length === 0) return leastVariance;
  const median = steps.sort((a, b) => a - b)[(steps.length - 1) >> 1];
  return Math.max(leastVariance, (deviationOfMedian * median) ** 2 / 2);
}

/** Squared deviations of a segment from its mean, from running sums. */
function segmentCost(counts: readonly number[]): (start: number, end: number) => number {
  const origin = counts[0] ?? 0;
  const sums = [0];
  const squares = [0];
  for (const [index, count] of counts.entries()) {
    const value = count - origin;
    sums.push(sums[index] + value);
    squares.push(squares[index] + value ** 2);
  }
  return (start, end) =>
    squares[end] - squares[start] - (sums[end] - sums[start]) ** 2 / (end - start);
}

const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0);

/** The last change of level when it was a fall that still stands; null otherwise. `at`: its first night. */
export function standingFall(
  counts: readonly number[],
): { at: number; before: number; after: number } | null {
  const [before, after] = levelsOf(counts).slice(-2);
  if (!after || after.mean >= before.mean) return null;
  return { at: after.start, before: before.mean, after: after.mean };
}
