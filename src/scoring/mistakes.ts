/** The wrong answers that a model was surest of: where to look for bad labels, and for what it has not learnt. */
import { K, type Predictions } from './records.ts';

export interface Mistake {
  key: string;
  label: number;
  /** The class that came first. */
  predicted: number;
  /** Its softmax. */
  probability: number;
}

/** Surest first, in manifest order among equals; at most `limit`. */
export function surestMistakes(
  {
    keys,
    labels,
    predictions,
  }: { keys: readonly string[]; labels: readonly number[]; predictions: Predictions },
  limit: number,
): Mistake[] {
  const wrong = keys.flatMap((key, image): Mistake[] => {
    const predicted = predictions.classes[image * K];
    const label = labels[image];
    if (predictions.states[image] !== 'scored' || predicted === label) return [];
    return [{ key, label, predicted, probability: predictions.probabilities[image * K] }];
  });
  return wrong.sort((a, b) => b.probability - a.probability).slice(0, limit);
}
