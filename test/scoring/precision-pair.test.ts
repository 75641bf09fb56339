import assert from 'node:assert/strict';
import { test } from 'node:test';
import { precisionPairSchema, precisionPairs } from '../../src/scoring/precision-pair.ts';
import { type Best, columnsOf } from './sides.ts';

const sure = (label: number): Best => [
  [label, 0.9],
  [label === 0 ? 1 : 0, 0.1],
];

/** Ten images of class 3: kept, lost, gained, wrong to wrong, failed in fp16, kept … */
const rows = [
  ...[
    [sure(3), sure(3)],
    [sure(3), sure(5)],
    [sure(4), sure(3)],
    [sure(4), sure(5)],
    [sure(3), 'model-error'],
  ],
  ...Array<[Best, Best]>(5).fill([sure(4), sure(4)]),
].map(([from, to], image) => ({ key: `image-${image}`, label: 3, from, to }) as const);

const { keys, labels, baseline, candidate } = columnsOf(rows as never);
const images = { keys, labels };

test('a model at both precisions is one pair: who is right where, and which answers flip', () => {
  const models = [
    { id: 'alone', precision: 'fp32', predictions: baseline },
    { id: 'both', precision: 'fp32', predictions: baseline },
    { id: 'both', precision: 'fp16', predictions: candidate },
    { id: 'narrow', precision: 'fp16', predictions: candidate },
  ] as const;
  const pairs = precisionPairs(models, images);
  assert.equal(pairs.length, 1);
  const [pair] = pairs;
  assert.deepEqual(precisionPairSchema.parse(JSON.parse(JSON.stringify(pair))), pair);
  assert.deepEqual(pair.top1, {
    images: 10,
    baseline: 3,
    candidate: 2,
    onlyBaselineRight: 2,
    onlyCandidateRight: 1,
  });
  assert.deepEqual(pair.agreement, { images: 6, fraction: 0.6, identical: false });
  assert.deepEqual(pair.churn, { lost: 2, gained: 1, changed: 1 });
  assert.deepEqual(pair.flips.map(({ key, kind }) => `${key} ${kind}`).sort(), [
    'image-1 lost',
    'image-2 gained',
    'image-3 changed',
    'image-4 lost',
  ]);
});

test('a thousand flips are kept, those of the largest loss first; all are counted', () => {
  const many = Array.from({ length: 1500 }, (_, image) => ({
    key: `image-${image}`,
    label: 3,
    from: [[3, 0.5 + image / 4000]] as Best,
    to: sure(5),
  }));
  const columns = columnsOf(many);
  const [pair] = precisionPairs(
    [
      { id: 'model', precision: 'fp32', predictions: columns.baseline },
      { id: 'model', precision: 'fp16', predictions: columns.candidate },
    ],
    columns,
  );
  assert.equal(pair.flips.length, 1000);
  assert.equal(pair.churn.lost, 1500);
  assert.equal(pair.flips[0].key, 'image-1499');
});
