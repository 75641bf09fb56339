import assert from 'node:assert/strict';
import { test } from 'node:test';
import { compareAnswers } from '../../src/jobs/compare-answers.ts';

const untimed = [Float32Array.of(1, 4, 2, -8, 0, 3), Float32Array.of(0, 0, 5, 1, 1, 0)];
const against = { untimed, classes: 3 };

test('equal answers agree to the last bit', () => {
  const { classes, ...counts } = compareAnswers(untimed, against);
  assert.deepEqual(counts, { compared: 4, differing: 0, largestDifference: 0 });
  assert.deepEqual(classes, [1, 2, 2, 0]);
});

test('a difference that keeps the first class is measured against the largest logit', () => {
  const timed = [Float32Array.of(1, 4, 2, -8, 0.5, 3)];
  const { compared, differing, largestDifference } = compareAnswers(timed, against);
  assert.deepEqual([compared, differing, largestDifference], [2, 0, 0.5 / 8]);
});

test('another first class, or a value that is not finite, is a different answer', () => {
  const timed = [Float32Array.of(5, 4, 2, -8, Number.NaN, 3)];
  const { compared, differing } = compareAnswers(timed, against);
  assert.deepEqual([compared, differing], [2, 2]);
});

test('the classes are those of the untimed pass, so that restarts can be compared', () => {
  const timed = [untimed[1], untimed[0]];
  assert.deepEqual(compareAnswers(timed, against).classes, [1, 2, 2, 0]);
  assert.deepEqual(compareAnswers([], against).classes, [1, 2, 2, 0]);
});
