/** Brings two runs onto the same images in the same order, or says why they cannot be compared. */
import type { Columns } from './flips.ts';
import { K, type Predictions } from './records.ts';
import { tellRelabelling } from './relabelling.ts';

/** One run of one model: its columns, one entry an image. */
export interface Side {
  keys: readonly string[];
  labels: readonly number[];
  /** Answers of another tool may have no probabilities; the column is then empty. */
  predictions: Predictions;
  /** Best classes that are known of an image: K, or fewer of another tool. */
  depth: number;
}

/** `reasons`: one sentence each. */
export type Join = { columns: Columns } | { reasons: string[] };

/** Joins by key, in the order of the baseline; the same keys with the same labels are needed on both sides. */
export function joinSides(baseline: Side, candidate: Side): Join {
  const broken = [...checkSide(baseline, 'baseline'), ...checkSide(candidate, 'candidate')];
  if (broken.length > 0) {
    return { reasons: broken };
  }
  const places = new Map(candidate.keys.map((key, image) => [key, image]));
  const known = new Set(baseline.keys);
  const reasons = [
    ...tellKeys(
      baseline.keys.filter((key) => !places.has(key)),
      'the baseline only',
    ),
    ...tellKeys(
      candidate.keys.filter((key) => !known.has(key)),
      'the candidate only',
    ),
  ];
  if (reasons.length > 0) {
    return { reasons };
  }
  const order = baseline.keys.map((key) => places.get(key)!);
  const inOrder = reorder(candidate.predictions, order);
  const relabelled = tellRelabelling({
    keys: baseline.keys,
    labels: { baseline: baseline.labels, candidate: order.map((place) => candidate.labels[place]) },
    answers: { baseline: baseline.predictions, candidate: inOrder },
  });
  if (relabelled !== null) {
    return { reasons: [relabelled] };
  }
  const { keys, labels } = baseline;
  return { columns: { keys, labels, baseline: baseline.predictions, candidate: inOrder } };
}

function checkSide({ keys, labels, predictions }: Side, name: string): string[] {
  const { states, ranks, classes, probabilities } = predictions;
  const rows = [labels, states, ranks].map(({ length }) => length);
  const known = probabilities.length > 0 ? [probabilities.length / K] : [];
  const lengths = [...rows, classes.length / K, ...known];
  if (keys.length === 0) {
    return [`The ${name} has no images.`];
  }
  if (lengths.some((length) => length !== keys.length)) {
    return [
      `The ${name} has ${keys.length} keys, but its columns have ${lengths.join(', ')} rows.`,
    ];
  }
  const distinct = new Set(keys).size;
  return distinct === keys.length
    ? []
    : [`The ${name} has ${keys.length} keys, but only ${distinct} distinct ones.`];
}

function tellKeys(keys: readonly string[], where: string): string[] {
  if (keys.length === 0) {
    return [];
  }
  return [
    keys.length === 1
      ? `1 image is in ${where}: ${keys[0]}.`
      : `${keys.length} images are in ${where}, the first of them ${keys[0]}.`,
  ];
}

const tellImages = (count: number) => (count === 1 ? '1 image' : `${count} images`);

/** Images that only one of the two runs could answer, in one sentence; null when there is none. */
export function tellCoverage({ keys, baseline, candidate }: Columns): string | null {
  const differing = [...keys.keys()].filter(
    (image) => (baseline.states[image] === 'scored') !== (candidate.states[image] === 'scored'),
  );
  if (differing.length === 0) {
    return null;
  }
  const [first] = differing;
  return `Coverage differs for ${tellImages(differing.length)}: ${keys[first]} is ${baseline.states[first]} in the baseline, but ${candidate.states[first]} in the candidate.`;
}

/** @param order for each row of the result, its row in the columns given */
export function reorder(
  { states, ranks, classes, probabilities }: Predictions,
  order: readonly number[],
): Predictions {
  const five = (column: readonly number[]) =>
    order.flatMap((place) => column.slice(place * K, place * K + K));
  return {
    states: order.map((place) => states[place]),
    ranks: order.map((place) => ranks[place]),
    classes: five(classes),
    probabilities: five(probabilities),
  };
}
