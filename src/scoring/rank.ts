/** One image: from logits to the rank of its label and its K best classes. */
import { K } from './records.ts';

/** One row of a batch of logits, and the label that it is judged by. */
export interface Row {
  /** Index of the row's first logit. */
  offset: number;
  /** Outputs of the head, background included. */
  classes: number;
  /** Class index of the manifest. */
  label: number;
  /**
   * Leading outputs of the head that are no class of the manifest: 1 for a 1001-class head whose output 0 is
   * background. Output i stands for class i - classOffset; background outputs compete and are reported as
   * negative classes.
   */
  classOffset: number;
}

/** K best classes (fewer when the head has fewer) and the rank of the label; or why there is no answer. */
export type ScoredRow =
  | { rank: number; tied: boolean; classes: number[]; probabilities: number[] }
  | { reason: string };

/**
 * rank = 1 + #{j : s_j > s_label} + #{j < label : s_j = s_label}: the lowest index wins a tie.
 * `tied`: another class has exactly the label's score. Probabilities are the softmax over all outputs, in float64.
 */
export function scoreRow(
  logits: Float32Array,
  { offset, classes, label, classOffset }: Row,
): ScoredRow {
  const row = logits.subarray(offset, offset + classes);
  const broken = row.findIndex((score) => !Number.isFinite(score));
  if (broken >= 0) {
    return { reason: `The model's logit of class ${broken - classOffset} is ${row[broken]}.` };
  }
  const target = label + classOffset;
  if (target < 0 || target >= classes) {
    return {
      reason: `Label ${label} is outside the model's ${classes} outputs (classOffset ${classOffset}).`,
    };
  }
  const { rank, tied } = rankOf(row, target);
  const best = bestOf(row, Math.min(K, classes));
  return {
    rank,
    tied,
    classes: best.map((output) => output - classOffset),
    probabilities: softmaxAt(row, best),
  };
}

function rankOf(row: Float32Array, target: number): { rank: number; tied: boolean } {
  const score = row[target];
  let rank = 1;
  let equal = 0;
  for (let j = 0; j < row.length; j += 1) {
    if (row[j] > score) {
      rank += 1;
    } else if (row[j] === score) {
      equal += 1;
      if (j < target) {
        rank += 1;
      }
    }
  }
  return { rank, tied: equal > 1 };
}

/** Output indices by (score descending, index ascending). */
function bestOf(row: Float32Array, count: number): number[] {
  const best: number[] = [];
  for (let j = 0; j < row.length; j += 1) {
    if (best.length === count && row[j] <= row[best[count - 1]]) {
      continue;
    }
    let place = best.length;
    while (place > 0 && row[j] > row[best[place - 1]]) {
      place -= 1;
    }
    best.splice(place, 0, j);
    best.length = Math.min(best.length, count);
  }
  return best;
}

function softmaxAt(row: Float32Array, outputs: readonly number[]): number[] {
  const highest = row[outputs[0]];
  let sum = 0;
  for (const score of row) {
    sum += Math.exp(score - highest);
  }
  return outputs.map((output) => Math.exp(row[output] - highest) / sum);
}
