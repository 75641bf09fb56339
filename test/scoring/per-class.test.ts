import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { confusions, perClass } from '../../src/scoring/per-class.ts';
import { K, type Predictions } from '../../src/scoring/records.ts';
import { answer, recordOf } from './answers.ts';

const labelled = fc
  .array(fc.record({ answer, label: fc.nat({ max: 6 }) }), { minLength: 1, maxLength: 40 })
  .map((rows) => ({
    labels: rows.map(({ label }) => label),
    record: recordOf(
      rows.map((row) => row.answer),
      { index: 0, start: 0, end: rows.length },
    ),
  }));

test('the classes sum to the tally, in class order, each once', () => {
  fc.assert(
    fc.property(labelled, ({ labels, record }) => {
      const rows = perClass(labels, record.predictions);
      const sum = (name: 'expected' | 'top1' | 'top5') =>
        rows.reduce((total, row) => total + row[name], 0);
      assert.equal(sum('expected'), record.tally.expected);
      assert.equal(sum('top1'), record.tally.top1);
      assert.equal(sum('top5'), record.tally.top5);
      assert.deepEqual(
        rows.map(({ label }) => label),
        [...new Set(labels)].sort((a, b) => a - b),
      );
    }),
  );
});

test('confusions count every scored wrong answer once', () => {
  fc.assert(
    fc.property(labelled, ({ labels, record }) => {
      const rows = confusions(labels, record.predictions, 1000);
      const sum = rows.reduce((total, { count }) => total + count, 0);
      assert.equal(sum, record.tally.scored - record.tally.top1);
    }),
  );
});

test('confusions come most frequent first and stop at the limit', () => {
  const wrong: [number, number][] = [
    [2, 9],
    [1, 4],
    [1, 4],
    [0, 7],
    [1, 3],
  ];
  const predictions: Predictions = {
    states: [...wrong.map(() => 'scored' as const), 'scored', 'missing'],
    ranks: [...wrong.map(() => 2), 1, 0],
    classes: [...wrong.map(([, predicted]) => predicted), 5, -1].flatMap((best) => [
      best,
      ...Array<number>(K - 1).fill(-1),
    ]),
    probabilities: [],
  };
  const labels = [...wrong.map(([label]) => label), 5, 6];
  assert.deepEqual(confusions(labels, predictions, 3), [
    { label: 1, predicted: 4, count: 2 },
    { label: 0, predicted: 7, count: 1 },
    { label: 1, predicted: 3, count: 1 },
  ]);
});
