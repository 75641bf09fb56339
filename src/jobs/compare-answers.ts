/** Whether a timed run computes what an untimed one does: MLPerf's TEST01, on the images that are held ready. */
import type { Restart } from '../scoring/latency-record.ts';

/**
 * @param timed logits of each held batch, fewer when not all were timed
 * @param untimed logits of each held batch
 */
export function compareAnswers(
  timed: readonly Float32Array[],
  { untimed, classes }: { untimed: readonly Float32Array[]; classes: number },
): Restart['answers'] {
  const result = { compared: 0, differing: 0, largestDifference: 0 };
  for (const [index, logits] of timed.entries()) {
    for (let start = 0; start < logits.length; start += classes) {
      const row = logits.subarray(start, start + classes);
      const reference = untimed[index].subarray(start, start + classes);
      result.compared += 1;
      if (isSame(row, reference)) {
        const difference = differenceOf(row, reference);
        result.largestDifference = Math.max(result.largestDifference, difference);
      } else {
        result.differing += 1;
      }
    }
  }
  return { ...result, classes: untimed.flatMap((logits) => firstClasses(logits, classes)) };
}

function isSame(row: Float32Array, reference: Float32Array): boolean {
  return row.every(Number.isFinite) && firstClass(row) === firstClass(reference);
}

function differenceOf(row: Float32Array, reference: Float32Array): number {
  let largest = 0;
  let scale = 0;
  for (const [index, logit] of reference.entries()) {
    largest = Math.max(largest, Math.abs(row[index] - logit));
    scale = Math.max(scale, Math.abs(logit));
  }
  return scale === 0 ? largest : largest / scale;
}

function firstClasses(logits: Float32Array, classes: number): number[] {
  return Array.from({ length: logits.length / classes }, (_, row) =>
    firstClass(logits.subarray(row * classes, (row + 1) * classes)),
  );
}

/** The lowest index wins a tie. */
function firstClass(row: Float32Array): number {
  return row.reduce((best, logit, index) => (logit > row[best] ? index : best), 0);
}
