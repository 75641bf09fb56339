/** Two label columns of the same images that differ: which mistake turns the one into the other. */
import { devkitOrder } from './devkit-order.ts';
import { K, type Predictions } from './records.ts';

type Both<T> = Record<'baseline' | 'candidate', T>;

export interface Relabelling {
  keys: readonly string[];
  labels: Both<readonly number[]>;
  /** On the same images in the same order. */
  answers: Both<Predictions>;
}

/** What happened to the labels, and whether the answers changed with them, in two sentences; null when they are equal. */
export function tellRelabelling({ keys, labels, answers }: Relabelling): string | null {
  const { baseline, candidate } = labels;
  const differing = [...keys.keys()].filter((image) => baseline[image] !== candidate[image]);
  if (differing.length === 0) {
    return null;
  }
  const [first] = differing;
  const count = differing.length === 1 ? '1 image' : `${differing.length} images`;
  const example = `${keys[first]} has label ${baseline[first]} in the baseline, but ${candidate[first]} in the candidate`;
  const same = sameAnswers(answers) / keys.length;
  return `Labels differ for ${count}: ${example}${causeOf(labels)}. The answers are the same for ${(same * 100).toFixed(1)}% of the images.`;
}

function sameAnswers({ baseline, candidate }: Both<Predictions>): number {
  return baseline.states.filter(
    (state, image) =>
      state === candidate.states[image] &&
      baseline.classes[image * K] === candidate.classes[image * K],
  ).length;
}

function causeOf({ baseline, candidate }: Relabelling['labels']): string {
  const always = (holds: (before: number, after: number) => boolean) =>
    baseline.every((label, image) => holds(label, candidate[image]));
  for (const offset of [1, -1]) {
    if (always((before, after) => after === before + offset)) {
      return `; every label is one ${offset > 0 ? 'higher' : 'lower'}`;
    }
  }
  for (const first of [0, 1]) {
    if (always((before, after) => devkitOrder[after - first] === before)) {
      return '; all count classes as the ILSVRC2012 devkit does, no longer by sorted WNID';
    }
    if (always((before, after) => devkitOrder[before - first] === after)) {
      return '; all count classes by sorted WNID, no longer as the ILSVRC2012 devkit does';
    }
  }
  if (isOneToOne(baseline, candidate)) {
    return '; each class has become another one throughout: the order of the classes changed';
  }
  return areSameCounts(baseline, candidate)
    ? '; each label is as frequent as before, so the rows of the label file are in another order'
    : '';
}

function isOneToOne(before: readonly number[], after: readonly number[]): boolean {
  const pairs = new Set(before.map((label, image) => `${label} ${after[image]}`));
  return pairs.size === new Set(before).size && pairs.size === new Set(after).size;
}

function areSameCounts(before: readonly number[], after: readonly number[]): boolean {
  const sorted = [...after].sort((a, b) => a - b);
  return [...before].sort((a, b) => a - b).every((label, place) => label === sorted[place]);
}
