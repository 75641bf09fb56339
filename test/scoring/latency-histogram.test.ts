import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import {
  addHistograms,
  emptyHistogram,
  histogramOf,
  histogramSchema,
  latencyAt,
} from '../../src/scoring/latency-histogram.ts';

/** From nothing to twelve days, as often short as long. */
const latency = fc.oneof(
  fc.integer({ min: 0, max: 5000 }),
  fc.integer({ min: 0, max: 1e9 }),
  fc.integer({ min: 0, max: 1e15 }),
  fc.integer({ min: 0, max: 49 }).map((power) => 2 ** power),
  fc.integer({ min: 1, max: 49 }).map((power) => 2 ** power - 1),
);
const latencies = fc.array(latency, { maxLength: 40 });

test('histograms add: in any grouping, in any order, with a zero', () => {
  fc.assert(
    fc.property(latencies, latencies, latencies, (...lists) => {
      const [a, b, c] = lists.map(histogramOf);
      assert.deepEqual(
        addHistograms(addHistograms(a, b), c),
        addHistograms(a, addHistograms(b, c)),
      );
      assert.deepEqual(addHistograms(a, b), addHistograms(b, a));
      assert.deepEqual(addHistograms(a, emptyHistogram), a);
    }),
  );
});

test('the sum of two histograms is the histogram of both lists', () => {
  fc.assert(
    fc.property(latencies, latencies, (a, b) => {
      assert.deepEqual(addHistograms(histogramOf(a), histogramOf(b)), histogramOf([...a, ...b]));
    }),
  );
});

test('the latency at every place is that of the sorted list, to 1 part in 2048', () => {
  fc.assert(
    fc.property(latencies, (list) => {
      const histogram = histogramOf(list);
      for (const [rank, exact] of [...list].sort((a, b) => a - b).entries()) {
        assert.ok(Math.abs(latencyAt(histogram, rank) - exact) <= exact / 2048, `${exact} ns`);
      }
    }),
  );
});

test('count, sum and ends are exact, and a record survives its travel', () => {
  const histogram = histogramOf([3_000_001, 1_999_999, 2_000_000]);
  const { count, sum, min, max } = histogram;
  assert.deepEqual(
    { count, sum, min, max },
    { count: 3, sum: 7e6, min: 1_999_999, max: 3_000_001 },
  );
  assert.deepEqual(histogramSchema.parse(JSON.parse(JSON.stringify(histogram))), histogram);
  assert.deepEqual(histogramOf([]), emptyHistogram);
});

test('a million latencies between 1 and 3 ms take less than two thousand buckets', () => {
  const list = Array.from({ length: 1e6 }, (_, index) => 1e6 + 2 * index);
  assert.ok(histogramOf(list).buckets.length < 2000);
});
