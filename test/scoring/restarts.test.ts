import assert from 'node:assert/strict';
import { test } from 'node:test';
import { binomialTail } from '../../src/scoring/distributions.ts';
import { differenceInterval, fewestRestarts, restartMean } from '../../src/scoring/restarts.ts';
import { normal } from './latency-draws.ts';

test('the interval is that of Student with one degree fewer than restarts', () => {
  // t(0.975, 4) = 2.776 in the printed tables; mean 10, standard deviation 1.
  const spread = Math.SQRT2;
  const { mean, interval } = restartMean([10 - spread, 10 + spread, 10, 10, 10]);
  const half = (2.776 * 1) / Math.sqrt(5);
  assert.equal(mean, 10);
  assert.ok(Math.abs(interval!.low - (10 - half)) < 1e-3);
  assert.ok(Math.abs(interval!.high - (10 + half)) < 1e-3);
});

test('fewer than five restarts have a mean and no interval', () => {
  assert.equal(fewestRestarts, 5);
  assert.deepEqual(restartMean([3]), { mean: 3, interval: null });
  assert.deepEqual(restartMean([1, 2, 3, 6]), { mean: 3, interval: null });
});

test('equal restarts have an interval of no width', () => {
  assert.deepEqual(restartMean([4, 4, 4, 4, 4]).interval, { low: 4, high: 4 });
});

test('intervals of normal restart means hold the true mean in 95 of 100 measurements', () => {
  const trials = 4000;
  let outside = 0;
  for (let trial = 0; trial < trials; trial += 1) {
    const draws = normal(5, { mean: 7, deviation: 0.3, seed: trial });
    const { low, high } = restartMean(draws).interval!;
    if (low > 7 || high < 7) outside += 1;
  }
  assert.ok(binomialTail(outside, { trials, probability: 0.05 }) > 0.001, `${outside} outside`);
  assert.ok(binomialTail(outside, { trials, probability: 0.05 }) < 0.999, `${outside} outside`);
});

test('equal measurements are said to differ in no more than 5 of 100 comparisons, unequal ones nearly always', () => {
  const trials = 4000;
  const draw = (mean: number, seed: number) => normal(5, { mean, deviation: 0.1, seed });
  let apart = 0;
  let found = 0;
  for (let trial = 0; trial < trials; trial += 1) {
    const equal = differenceInterval(draw(7, trial), draw(7, trial + trials));
    if (equal.low > 0 || equal.high < 0) apart += 1;
    const unequal = differenceInterval(draw(7, trial), draw(8, trial + trials));
    if (unequal.low > 0 || unequal.high < 0) found += 1;
  }
  assert.ok(binomialTail(apart, { trials, probability: 0.05 }) > 0.001, `${apart} apart`);
  assert.ok(found / trials > 0.99, `${found} found`);
});
