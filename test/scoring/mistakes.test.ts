import assert from 'node:assert/strict';
import { test } from 'node:test';
import { surestMistakes } from '../../src/scoring/mistakes.ts';
import { K, type Predictions } from '../../src/scoring/records.ts';

const row = (first: number, rest: number) => [first, ...Array<number>(K - 1).fill(rest)];

const predictions: Predictions = {
  states: ['scored', 'scored', 'undecodable', 'scored', 'scored'],
  ranks: [1, 2, 0, 7, 3],
  classes: [row(4, 0), row(5, 0), row(-1, -1), row(6, 0), row(7, 0)].flat(),
  probabilities: [row(0.99, 0), row(0.4, 0), row(0, 0), row(0.9, 0), row(0.4, 0)].flat(),
};
const keys = ['a', 'b', 'c', 'd', 'e'];
const labels = [4, 1, 1, 1, 1];

test('wrong answers come surest first, equal ones in manifest order; right and failed images are none', () => {
  const found = surestMistakes({ keys, labels, predictions }, 20);
  assert.deepEqual(
    found.map(({ key }) => key),
    ['d', 'b', 'e'],
  );
  assert.deepEqual(found[0], { key: 'd', label: 1, predicted: 6, probability: 0.9 });
});

test('no more than asked for', () => {
  assert.equal(surestMistakes({ keys, labels, predictions }, 1).length, 1);
});
