/** One run of a model, made from a list of answers: what a comparison takes. */
import fc from 'fast-check';
import type { Columns } from '../../src/scoring/flips.ts';
import type { Side } from '../../src/scoring/join.ts';
import { appendPrediction, emptyPredictions } from '../../src/scoring/predictions.ts';
import { K } from '../../src/scoring/records.ts';

/** The best classes with their probabilities, or why there is none. */
export type Best = [label: number, p: number][] | 'undecodable' | 'model-error';

export interface Row {
  key: string;
  label: number;
  best: Best;
}

/** A label that is not among the best has rank 6. */
export function sideOf(rows: readonly Row[]): Side {
  const predictions = emptyPredictions();
  for (const { label, best } of rows) {
    if (typeof best === 'string') {
      appendPrediction(predictions, { state: best });
    } else {
      const classes = best.map(([one]) => one);
      const rank = classes.indexOf(label) + 1 || 6;
      const probabilities = best.map(([, p]) => p);
      appendPrediction(predictions, { rank, tied: false, classes, probabilities });
    }
  }
  const keys = rows.map(({ key }) => key);
  return { keys, labels: rows.map(({ label }) => label), predictions, depth: K };
}

/** The same images answered twice, in the same order. */
export function columnsOf(
  rows: readonly (Omit<Row, 'best'> & { from: Best; to: Best })[],
): Columns {
  const baseline = sideOf(rows.map(({ from, ...row }) => ({ ...row, best: from })));
  const candidate = sideOf(rows.map(({ to, ...row }) => ({ ...row, best: to })));
  const { keys, labels } = baseline;
  return { keys, labels, baseline: baseline.predictions, candidate: candidate.predictions };
}

const classes = 7;

const best: fc.Arbitrary<Best> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc
      .shuffledSubarray([...Array(classes).keys()], { minLength: 5, maxLength: 5 })
      .map((order) => order.map((label, place): [number, number] => [label, 0.4 / (place + 1)])),
  },
  { weight: 1, arbitrary: fc.constantFrom<Best>('undecodable', 'model-error') },
);

/** Two runs on up to forty images, answered at random. */
export const twoRuns = fc
  .array(fc.record({ label: fc.nat({ max: classes - 1 }), from: best, to: best }), {
    minLength: 1,
    maxLength: 40,
  })
  .map((rows) => rows.map((row, image) => ({ ...row, key: `val/${image}.jpeg` })));
