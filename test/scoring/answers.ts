/** Random answers of a model on a manifest, and shard records made of them. */
import fc from 'fast-check';
import { appendPrediction, emptyPredictions } from '../../src/scoring/predictions.ts';
import type { ScoredRow } from '../../src/scoring/rank.ts';
import type { Failure, ImageState, ShardRecord } from '../../src/scoring/records.ts';
import { tallyOf } from '../../src/scoring/tally.ts';

type Answer = ScoredRow | { state: Exclude<ImageState, 'scored'> };

const scored: fc.Arbitrary<ScoredRow> = fc.record({
  rank: fc.integer({ min: 1, max: 12 }),
  tied: fc.boolean(),
  classes: fc.array(fc.nat({ max: 20 }), { minLength: 2, maxLength: 5 }),
  probabilities: fc.constant([0.5, 0.25]),
});

const failed = fc.constantFrom<Exclude<ImageState, 'scored'>>('undecodable', 'missing');

export const answer: fc.Arbitrary<Answer> = fc.oneof(
  { weight: 5, arbitrary: scored },
  { weight: 1, arbitrary: fc.record({ state: failed }) },
  { weight: 1, arbitrary: fc.constant({ reason: 'NaN' }) },
);

const digest = 'a'.repeat(64);

export interface RecordRange {
  index: number;
  start: number;
  end: number;
}

/** The record of `answers[start … end - 1]`. */
export function recordOf(
  answers: readonly Answer[],
  { index, start, end }: RecordRange,
): ShardRecord {
  const predictions = emptyPredictions();
  const failures: Failure[] = [];
  let ties = 0;
  for (const [place, item] of answers.slice(start, end).entries()) {
    appendPrediction(predictions, item);
    if ('rank' in item) {
      ties += item.tied ? 1 : 0;
    } else {
      const state = 'state' in item ? item.state : 'model-error';
      failures.push({ key: `image-${start + place}`, state, reason: 'It was not to be.' });
    }
  }
  return {
    schemaVersion: 1,
    runId: 'run',
    model: 'model',
    shard: { index, start, end, digest },
    conditions: {
      artifact: digest,
      recipe: digest,
      dataset: digest,
      classOffset: 0,
      precision: 'fp32',
      normalisation: 'graph',
      provider: 'cpu',
      arithmetic: 'fp32',
      batch: 8,
      runtime: 'onnxruntime-node 1.30.0',
      decoder: 'sharp 0.35.5',
      topfive: '0.1.0',
    },
    tally: tallyOf(predictions, ties),
    predictions,
    failures,
    content: digest,
    timings: { wallMs: 4, readMs: 1, pixelsMs: 1, inferMs: 2 },
    fingerprint: { host: 'h', device: 'd', driver: null, threads: 1, node: 'v20', os: 'linux' },
  };
}

/** The records of a manifest cut at these places. */
export function recordsOf(answers: readonly Answer[], cuts: readonly number[]): ShardRecord[] {
  const places = [...new Set([0, ...cuts, answers.length])].sort((a, b) => a - b);
  return places
    .slice(1)
    .map((end, index) => recordOf(answers, { index, start: places[index], end }));
}
