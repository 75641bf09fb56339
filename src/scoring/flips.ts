/** Image by image: which answers changed, which way, and by how much. */
import { rightWithin } from './paired.ts';
import { K, type Predictions } from './records.ts';

/** Two runs on the same images in the same order; either may lack probabilities: see `Side`. */
export interface Columns {
  keys: readonly string[];
  labels: readonly number[];
  baseline: Predictions;
  candidate: Predictions;
}

/** The best class and its probability; null for a failed image, and a probability that is not known. */
export interface Answer {
  class: number | null;
  p: number | null;
}

export interface Flip {
  key: string;
  label: number;
  from: Answer;
  to: Answer;
  /** `lost`: right, then wrong; `gained`: wrong, then right; `changed`: two different wrong answers. */
  kind: 'lost' | 'gained' | 'changed';
  /** The baseline's margin minus the candidate's: see `marginOf`; null where either is not known. */
  marginLost: number | null;
}

/** Images whose best class changed, the largest loss of margin first, then in manifest order. */
export function flipsOf(columns: Columns): Flip[] {
  const { keys, labels, baseline, candidate } = columns;
  const hasMargins = knowMargins(columns);
  const before = rightWithin(baseline, 1);
  const after = rightWithin(candidate, 1);
  const flips: Flip[] = [];
  for (const [image, label] of labels.entries()) {
    const from = answerOf(baseline, image);
    const to = answerOf(candidate, image);
    if (from.class !== to.class) {
      flips.push({
        key: keys[image],
        label,
        from,
        to,
        kind: kindOf(before[image], after[image]),
        marginLost: hasMargins ? marginLost({ baseline, candidate }, { image, label }) : null,
      });
    }
  }
  return flips.sort((a, b) => (b.marginLost ?? 0) - (a.marginLost ?? 0));
}

function knowMargins({ baseline, candidate }: Pick<Columns, 'baseline' | 'candidate'>): boolean {
  return [baseline, candidate].every(
    ({ states, probabilities }) => probabilities.length === states.length * K,
  );
}

function marginLost(
  { baseline, candidate }: Pick<Columns, 'baseline' | 'candidate'>,
  at: { image: number; label: number },
): number {
  return marginOf(baseline, at) - marginOf(candidate, at);
}

function kindOf(before: boolean, after: boolean): Flip['kind'] {
  if (before === after) {
    return 'changed';
  }
  return before ? 'lost' : 'gained';
}

function answerOf({ states, classes, probabilities }: Predictions, image: number): Answer {
  return states[image] === 'scored'
    ? { class: classes[image * K], p: probabilities[image * K] ?? null }
    : { class: null, p: null };
}

/**
 * How surely the label wins: its probability minus that of the best other class, from -1 to 1. A label that is not
 * among the K best counts as probability 0, a failed image as -1.
 */
export function marginOf(
  { states, classes, probabilities }: Predictions,
  { image, label }: { image: number; label: number },
): number {
  if (states[image] !== 'scored') {
    return -1;
  }
  const first = image * K;
  const place = classes.slice(first, first + K).indexOf(label);
  const own = place < 0 ? 0 : probabilities[first + place];
  return own - probabilities[place === 0 ? first + 1 : first];
}

export interface Agreement {
  /** Images with the same best class, or failed in both. */
  images: number;
  /** Of all images. */
  fraction: number;
  /** Is every state, rank, class and probability known and the same? */
  identical: boolean;
}

export function agreementOf(columns: Columns): Agreement {
  const { labels, baseline, candidate } = columns;
  const same = labels.filter(
    (_, image) => answerOf(baseline, image).class === answerOf(candidate, image).class,
  ).length;
  const names = ['states', 'ranks', 'classes', 'probabilities'] as const;
  return {
    images: same,
    fraction: same / labels.length,
    identical:
      knowMargins(columns) &&
      names.every((name) =>
        baseline[name].every((value, index) => value === candidate[name][index]),
      ),
  };
}

/** Means over the images that both runs scored; a falling margin warns before accuracy moves. */
export interface MarginDrift {
  images: number;
  baseline: number;
  candidate: number;
  /** baseline - candidate. */
  lost: number;
  /** Of `lost`, over images. */
  standardError: number;
}

/** Null where probabilities are not known. */
export function marginDriftOf(columns: Columns): MarginDrift | null {
  if (!knowMargins(columns)) {
    return null;
  }
  const { labels, baseline, candidate } = columns;
  const pairs = [...labels.entries()]
    .filter(
      ([image]) => baseline.states[image] === 'scored' && candidate.states[image] === 'scored',
    )
    .map(([image, label]) => [
      marginOf(baseline, { image, label }),
      marginOf(candidate, { image, label }),
    ]);
  const images = pairs.length;
  const mean = (values: number[]) =>
    values.reduce((sum, value) => sum + value, 0) / Math.max(1, values.length);
  const lost = mean(pairs.map(([before, after]) => before - after));
  const variance =
    mean(pairs.map(([before, after]) => (before - after - lost) ** 2)) / Math.max(1, images - 1);
  return {
    images,
    baseline: mean(pairs.map(([before]) => before)),
    candidate: mean(pairs.map(([, after]) => after)),
    lost,
    standardError: Math.sqrt(variance),
  };
}
