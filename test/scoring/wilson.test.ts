import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { metricOf, wilson } from '../../src/scoring/wilson.ts';

/** Examples of Newcombe (1998), Table I, method 3, computed to 14 digits with 40-digit decimals. */
const examples: [number, number, number, number][] = [
  [81, 263, 0.25528851987827, 0.3662095769828],
  [15, 148, 0.06238639953074, 0.16048724172331],
  [0, 20, 0, 0.16112515805282],
  [1, 29, 0.00611321429276, 0.1717552187932],
];

test('the interval agrees with published examples', () => {
  const printed = [
    [0.2553, 0.3662],
    [0.0624, 0.1605],
    [0, 0.1611],
    [0.0061, 0.1718],
  ];
  for (const [row, [correct, total, low, high]] of examples.entries()) {
    const interval = wilson(correct, total);
    assert.ok(Math.abs(interval.low - low) < 1e-12, `${correct}/${total}: ${interval.low}`);
    assert.ok(Math.abs(interval.high - high) < 1e-12, `${correct}/${total}: ${interval.high}`);
    const rounded = [interval.low, interval.high].map((end) => Number(end.toFixed(4)));
    assert.deepEqual(rounded, printed[row]);
  }
});

test('the interval holds the fraction, stays in [0, 1] and mirrors', () => {
  const counts = fc
    .integer({ min: 1, max: 60000 })
    .chain((total) => fc.tuple(fc.nat({ max: total }), fc.constant(total)));
  fc.assert(
    fc.property(counts, ([correct, total]) => {
      const { low, high } = wilson(correct, total);
      const fraction = correct / total;
      assert.ok(low >= 0 && low <= fraction && fraction <= high && high <= 1);
      const mirror = wilson(total - correct, total);
      assert.ok(Math.abs(mirror.low - (1 - high)) < 1e-12);
    }),
  );
});

test('the ends are exact, and nothing is known of nothing', () => {
  assert.equal(wilson(0, 7).low, 0);
  assert.equal(wilson(7, 7).high, 1);
  assert.deepEqual(wilson(0, 0), { low: 0, high: 1 });
  assert.deepEqual(metricOf(0, 0), { correct: 0, fraction: 0, low: 0, high: 1 });
  assert.equal(metricOf(38690, 50000).fraction, 0.7738);
});
