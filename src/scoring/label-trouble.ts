/** Is it the labels? Hypotheses that explain why top-1 is near chance when the model may be sound. */
import { devkitOrder } from './devkit-order.ts';
import { binomialTail } from './distributions.ts';
import { K, type Predictions } from './records.ts';

export type LabelTrouble =
  /** The score needs no explanation. */
  | { hypothesis: 'none' }
  /** Nearly every answer is one class. */
  | { hypothesis: 'constant-output'; class: number }
  /** Answers are the label plus `offset`: background class, or labels that start at 1. */
  | { hypothesis: 'off-by-one'; offset: number }
  /** Labels count classes as the ILSVRC2012 devkit does, from `first`; answers by sorted WNID. */
  | { hypothesis: 'devkit-order'; first: number }
  /** One class-to-class map turns most answers right: labels and outputs are in different orders. */
  | { hypothesis: 'permutation'; labelOf: [answer: number, label: number][] }
  /** The model is sure, and its classes are as frequent as the labels', but not on the same images. */
  | { hypothesis: 'shuffled-labels'; confidence: number }
  /** No better than guessing, and nothing above explains it. */
  | { hypothesis: 'near-chance' };

export type LabelExplanation = LabelTrouble & {
  /** Share of images whose answer is the label. */
  score: number;
  /** That share if the hypothesis were mended; for `constant-output` the share of the one class among the answers. */
  explained: number;
  /** The share that answers as frequent as these would reach without looking at the image. */
  chance: number;
};

/** A hypothesis must lift the score to this many times what it is; a simple one may explain that much less than a map. */
const lift = 2;
/** Share of the answers that makes an output constant. */
const constantShare = 0.95;
/** A score is above chance if guessing reaches it this seldom. */
const doubt = 1e-6;
/** A score that guessing reaches this often is near chance. */
const ease = 0.01;
/** From this mean probability of its best class on, a model near chance is sure of something. */
const sure = 0.25;
/** Share of the answers that fit the frequencies of the labels, where a model sees the classes that are there. */
const likeLabels = 0.5;

/** The best class of each image and its probability; null for a failed image. */
export interface Answers {
  predicted: readonly (number | null)[];
  /** Empty where they are not known. */
  probabilities: readonly (number | null)[];
}

export function explainPredictions(
  labels: readonly number[],
  { states, classes, probabilities }: Predictions,
): LabelExplanation {
  const best = <T>(values: readonly T[]) =>
    states.map((state, image) => (state === 'scored' ? values[image * K] : null));
  return explainLabels(labels, {
    predicted: best(classes),
    probabilities: probabilities.length > 0 ? best(probabilities) : [],
  });
}

/** @param labels one class an image. */
export function explainLabels(labels: readonly number[], answers: Answers): LabelExplanation {
  const { predicted } = answers;
  const images = labels.length;
  const score = share(labels, (label, image) => predicted[image] === label);
  const chance = chanceOf(labels, predicted);
  const [top, count] = commonest(predicted);
  const [, sameLabels] = commonest(labels);
  const blind = Math.max(chance, sameLabels / Math.max(1, images));
  if (top !== null && count >= constantShare * images && sameLabels < constantShare * images) {
    const explained = count / images;
    return { hypothesis: 'constant-output', class: top, score, explained, chance };
  }
  const lifts = (explained: number) =>
    explained >= lift * score && guessing(explained, { images, chance: blind }) < doubt;
  const mapped = scoreOfMap(labels, predicted);
  for (const { expected, ...trouble } of simpleTroubles) {
    const explained = share(labels, (label, image) => predicted[image] === expected(label));
    if (lifts(explained) && lift * explained > mapped) {
      return { ...trouble, score, explained, chance };
    }
  }
  if (lifts(mapped)) {
    const labelOf = [...fitMap(labels, predicted)].sort(([a], [b]) => a - b);
    return { hypothesis: 'permutation', labelOf, score, explained: mapped, chance };
  }
  const guessed = sameLabels < images && guessing(score, { images, chance }) > ease;
  if (!guessed) {
    return { hypothesis: 'none', score, explained: score, chance };
  }
  const confidence = meanOf(answers.probabilities);
  return confidence >= sure && overlap(labels, predicted) >= likeLabels
    ? { hypothesis: 'shuffled-labels', confidence, score, explained: score, chance }
    : { hypothesis: 'near-chance', score, explained: score, chance };
}

/** Hypotheses with nothing to fit, and the answer that each expects for a label. */
const simpleTroubles = [
  ...[1, -1].map((offset) => ({
    hypothesis: 'off-by-one' as const,
    offset,
    expected: (label: number) => label + offset,
  })),
  ...[0, 1].map((first) => ({
    hypothesis: 'devkit-order' as const,
    first,
    expected: (label: number) => devkitOrder[label - first],
  })),
];

function meanOf(values: readonly (number | null)[]): number {
  const known = values.filter((value) => value !== null);
  return known.reduce((sum, value) => sum + value, 0) / Math.max(1, known.length);
}

/** Share of the images that two columns could agree on if one of them were put in the best order. */
function overlap(labels: readonly number[], predicted: readonly (number | null)[]): number {
  const expected = countsOf(labels);
  const common = [...countsOf(predicted)].map(([value, count]) =>
    Math.min(count, expected.get(value) ?? 0),
  );
  return common.reduce((sum, count) => sum + count, 0) / Math.max(1, labels.length);
}

function share(
  labels: readonly number[],
  holds: (label: number, image: number) => boolean,
): number {
  return labels.filter(holds).length / Math.max(1, labels.length);
}

/** How often guessing reaches so high a share. */
function guessing(reached: number, { images, chance }: { images: number; chance: number }): number {
  return binomialTail(Math.round(reached * images), { trials: images, probability: chance });
}

function countsOf(values: readonly (number | null)[]): Map<number, number> {
  const counts = new Map<number, number>();
  for (const value of values) {
    if (value !== null) {
      counts.set(value, (counts.get(value) ?? 0) + 1);
    }
  }
  return counts;
}

function commonest(values: readonly (number | null)[]): [number | null, number] {
  return [...countsOf(values)].reduce<[number | null, number]>(
    (best, entry) => (entry[1] > best[1] ? entry : best),
    [null, 0],
  );
}

/** Agreement of two columns with these frequencies that know nothing of each other. */
function chanceOf(labels: readonly number[], predicted: readonly (number | null)[]): number {
  const expected = countsOf(labels);
  const pairs = [...countsOf(predicted)].map(
    ([value, count]) => count * (expected.get(value) ?? 0),
  );
  return pairs.reduce((sum, pair) => sum + pair, 0) / Math.max(1, labels.length ** 2);
}

type ClassMap = ReadonlyMap<number, number>;

/** For each answer the label that it most often goes with. */
function fitMap(labels: readonly number[], predicted: readonly (number | null)[]): ClassMap {
  const labelsOf = new Map<number, number[]>();
  for (const [image, answer] of predicted.entries()) {
    if (answer !== null) {
      const seen = labelsOf.get(answer) ?? [];
      labelsOf.set(answer, seen);
      seen.push(labels[image]);
    }
  }
  return new Map([...labelsOf].map(([answer, seen]) => [answer, commonest(seen)[0]!]));
}

/** Each half of every class is judged by the map of the other half: a map fits its own images even by chance. */
function scoreOfMap(labels: readonly number[], predicted: readonly (number | null)[]): number {
  const met = new Map<number, number>();
  const halves = labels.map((label) => {
    const times = met.get(label) ?? 0;
    met.set(label, times + 1);
    return times % 2;
  });
  const maps = [0, 1].map((half) => {
    const images = [...labels.keys()].filter((image) => halves[image] === half);
    return fitMap(
      images.map((image) => labels[image]),
      images.map((image) => predicted[image]),
    );
  });
  return share(labels, (label, image) => {
    const answer = predicted[image];
    return answer !== null && maps[1 - halves[image]].get(answer) === label;
  });
}
