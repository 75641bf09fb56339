import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { z } from 'zod';
import {
  nonInferiorityP,
  type Paired,
  tangoInterval,
  tangoScore,
} from '../../src/scoring/tango.ts';
import { assertNear, readReference } from './reference.ts';

const table = (images: number, b: number, c: number): Paired => ({
  images,
  onlyBaselineRight: b,
  onlyCandidateRight: c,
});

const swap = ({ images, onlyBaselineRight: b, onlyCandidateRight: c }: Paired) =>
  table(images, c, b);

const tables = fc
  .tuple(fc.nat({ max: 300 }), fc.nat({ max: 300 }), fc.nat({ max: 60000 }))
  .filter(([b, c, rest]) => b + c + rest > 0)
  .map(([b, c, rest]) => table(b + c + rest, b, c));

const delta = fc.double({ min: -0.999, max: 0.999, noNaN: true });

test('the score, its p-value and the interval agree with a search for the likeliest table to nine digits', () => {
  const row = z.object({
    images: z.number(),
    onlyBaselineRight: z.number(),
    onlyCandidateRight: z.number(),
    scores: z.array(z.tuple([z.number(), z.number(), z.number()])),
    intervals: z.array(z.tuple([z.number(), z.number(), z.number()])),
  });
  for (const reference of readReference('tango', row)) {
    for (const [drop, score, p] of reference.scores) {
      assertNear(tangoScore(reference, drop), score, { ...reference, drop });
      assertNear(nonInferiorityP(reference, drop), p, { ...reference, drop });
    }
    for (const [alpha, low, high] of reference.intervals) {
      const interval = tangoInterval(reference, alpha);
      assertNear(interval.low, low, { ...reference, alpha });
      assertNear(interval.high, high, { ...reference, alpha });
    }
  }
});

test('intervals round to those printed by Tango (1998), Agresti & Min (2005), Tang (2010) and Fagerland (2014)', () => {
  const printed: [Paired, number, string, string][] = [
    [table(44, 0, 1), 0.05, '-0.096', '0.037'],
    [table(32, 9, 3), 0.025, '-0.027', '0.390'],
    [table(86, 16, 8), 0.025, '-0.020', '0.207'],
    [table(21, 1, 7), 0.025, '-0.517', '-0.026'],
    [table(161, 6, 16), 0.025, '-0.124', '-0.005'],
    [table(14, 3, 1), 0.025, '-0.167', '0.433'],
  ];
  for (const [counts, alpha, low, high] of printed) {
    const interval = tangoInterval(counts, alpha);
    assert.deepEqual([interval.low.toFixed(3), interval.high.toFixed(3)], [low, high]);
  }
});

test('changing the sides changes the sign of the score and of the interval', () => {
  fc.assert(
    fc.property(tables, delta, (counts, drop) => {
      const there = tangoScore(counts, drop);
      const back = tangoScore(swap(counts), -drop);
      assert.ok(Math.abs(there + back) <= 1e-6 * Math.max(1, Math.abs(there)), `${there} ${back}`);
      const { low, high } = tangoInterval(counts, 0.05);
      const mirror = tangoInterval(swap(counts), 0.05);
      assert.ok(Math.abs(low + mirror.high) < 1e-9 && Math.abs(high + mirror.low) < 1e-9);
    }),
  );
});

test('the score falls as the supposed loss rises', () => {
  fc.assert(
    fc.property(tables, delta, delta, (counts, one, other) => {
      const [less, more] = [Math.min(one, other), Math.max(one, other)];
      assert.ok(tangoScore(counts, less) >= tangoScore(counts, more) - 1e-9);
    }),
  );
});

test('the interval holds the observed loss, lies in [-1, 1] and ends where the test stops rejecting', () => {
  fc.assert(
    fc.property(tables, fc.constantFrom(0.001, 0.05, 0.2), (counts, alpha) => {
      const { low, high } = tangoInterval(counts, alpha);
      const loss = (counts.onlyBaselineRight - counts.onlyCandidateRight) / counts.images;
      assert.ok(-1 <= low && low <= loss && loss <= high && high <= 1);
      if (high < 0.999) {
        assert.ok(Math.abs(nonInferiorityP(counts, high) - alpha) < 1e-6);
        assert.ok(nonInferiorityP(counts, high + 1e-4) < alpha);
      }
    }),
  );
});

test('without discordant images the interval is that of Wilson around zero', () => {
  const z = 1.6448536269514722;
  for (const images of [1, 20, 50000]) {
    const { low, high } = tangoInterval(table(images, 0, 0), 0.05);
    assertNear(high, (z * z) / (images + z * z), images);
    assertNear(low, -high, images);
    assert.equal(nonInferiorityP(table(images, 0, 0), 0), 0.5);
  }
});

test('when every image is lost no loss is too large, and none certain', () => {
  const { low, high } = tangoInterval(table(6, 6, 0), 0.05);
  assert.equal(high, 1);
  assert.ok(low > 0 && low < 1);
  assert.equal(tangoScore(table(6, 6, 0), 1), 0);
  assert.equal(tangoScore(table(6, 5, 0), 1), Number.NEGATIVE_INFINITY);
});
