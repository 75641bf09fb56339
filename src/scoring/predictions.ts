/** Columns of predictions: one entry an image, in manifest order. */
import type { ScoredRow } from './rank.ts';
import { type ImageState, K, type Predictions } from './records.ts';

export function emptyPredictions(): Predictions {
  return { states: [], ranks: [], classes: [], probabilities: [] };
}

/** Appends one image: a scored row, a row that the model could not answer, or an image without pixels. */
export function appendPrediction(
  predictions: Predictions,
  answer: ScoredRow | { state: Exclude<ImageState, 'scored'> },
): void {
  const scored = 'rank' in answer ? answer : { rank: 0, classes: [], probabilities: [] };
  predictions.states.push(stateOf(answer));
  predictions.ranks.push(scored.rank);
  for (let place = 0; place < K; place += 1) {
    predictions.classes.push(scored.classes[place] ?? -1);
    predictions.probabilities.push(scored.probabilities[place] ?? 0);
  }
}

function stateOf(answer: ScoredRow | { state: Exclude<ImageState, 'scored'> }): ImageState {
  if ('state' in answer) {
    return answer.state;
  }
  return 'rank' in answer ? 'scored' : 'model-error';
}

export function concatPredictions(parts: readonly Predictions[]): Predictions {
  return {
    states: parts.flatMap(({ states }) => states),
    ranks: parts.flatMap(({ ranks }) => ranks),
    classes: parts.flatMap(({ classes }) => classes),
    probabilities: parts.flatMap(({ probabilities }) => probabilities),
  };
}
