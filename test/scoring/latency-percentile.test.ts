import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { binomialTail } from '../../src/scoring/distributions.ts';
import { histogramOf } from '../../src/scoring/latency-histogram.ts';
import {
  fewestQueries,
  percentile,
  permittedOver,
  safePercentile,
} from '../../src/scoring/latency-percentile.ts';
import { exponential, exponentialPercentile } from './latency-draws.ts';

test('the fewest queries of which one may be over are those of the MLPerf rules', () => {
  const published = [
    [900, 64],
    [950, 130],
    [970, 219],
    [990, 662],
  ];
  for (const [permille, queries] of published) {
    assert.equal(fewestQueries(permille), queries);
    assert.equal(permittedOver(queries, permille), 1);
    assert.equal(permittedOver(queries - 1, permille), 0);
  }
});

test('a percentile is the element ⌊n·p⌋ of the sorted latencies', () => {
  const hundred = histogramOf(Array.from({ length: 100 }, (_, index) => index + 1));
  assert.equal(percentile(hundred, 500), 51);
  assert.equal(percentile(hundred, 900), 91);
  assert.equal(percentile(hundred, 990), 100);
  assert.equal(percentile(histogramOf([7]), 990), 7);
});

test('percentiles of many exponential latencies are those of the distribution', () => {
  const histogram = histogramOf(exponential(200_000, 1));
  for (const permille of [500, 900, 990, 999]) {
    const exact = exponentialPercentile(permille);
    assert.ok(Math.abs(percentile(histogram, permille) / exact - 1) < 0.02, `${permille}`);
  }
});

test('the most that may be over is the largest number that the binomial bound allows', () => {
  const queries = fc.integer({ min: 1, max: 5000 });
  fc.assert(
    fc.property(queries, fc.constantFrom(500, 900, 990), (trials, permille) => {
      const over = permittedOver(trials, permille);
      const odds = (t: number) =>
        1 - binomialTail(t + 1, { trials, probability: 1 - permille / 1000 });
      if (over > 0) assert.ok(odds(over) <= 0.01 + 1e-12);
      assert.ok(odds(over + 1) > 0.01 - 1e-12);
    }),
  );
});

test('the safe percentile is below the true one in no more than one run of a hundred', () => {
  const trials = 1500;
  for (const [permille, queries] of [
    [900, 64],
    [900, 300],
    [990, 662],
  ]) {
    let below = 0;
    for (let trial = 0; trial < trials; trial += 1) {
      const histogram = histogramOf(exponential(queries, 1000 * trial + queries));
      if (safePercentile(histogram, permille)! < exponentialPercentile(permille)) below += 1;
    }
    const chance = binomialTail(below, { trials, probability: 0.01 });
    assert.ok(chance > 0.001, `p${permille / 10} of ${queries}: ${below} of ${trials}`);
  }
});

test('too few queries have no safe percentile, and more bring it down to the plain one', () => {
  assert.equal(safePercentile(histogramOf(exponential(63, 1)), 900), null);
  const many = histogramOf(exponential(50_000, 1));
  const gap = safePercentile(many, 900)! / percentile(many, 900) - 1;
  assert.ok(gap >= 0 && gap < 0.02, `${gap}`);
});
