import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { roundToHalf } from '../../src/onnx/half.ts';
import { halfValue, nearestHalf } from './half-values.ts';

function halfOf(values: number[]): { halves: number[]; clamped: number; flushed: number } {
  const halves = new Uint16Array(values.length);
  const bits = new Uint32Array(Float32Array.from(values).buffer);
  const { clamped, flushed } = roundToHalf(bits, halves);
  return { halves: [...halves], clamped, flushed };
}

const all = Array.from({ length: 2 ** 16 }, (_, half) => half);

test('each of the 65,536 halves comes back as itself', () => {
  const { halves, clamped, flushed } = halfOf(all.map(halfValue));
  const expected = all.map((half) => (Number.isNaN(halfValue(half)) ? 0x7e00 : half));
  assert.deepEqual(halves, expected);
  assert.deepEqual({ clamped, flushed }, { clamped: 0, flushed: 0 });
});

test('halfway between two halves the even one is taken, and just beside it the nearer one', () => {
  const positive = all.slice(0, 0x7bff);
  const halfways = positive.map((half) => (halfValue(half) + halfValue(half + 1)) / 2);
  const { halves, flushed } = halfOf(halfways);
  assert.deepEqual(
    halves,
    positive.map((half) => half + (half & 1)),
  );
  assert.equal(flushed, 1);
  const above = halfways.map((value) => value * (1 + 2 ** -23));
  assert.deepEqual(
    halfOf(above).halves,
    positive.map((half) => half + 1),
  );
  const below = halfways.map((value) => value * (1 - 2 ** -23));
  assert.deepEqual(halfOf(below).halves, positive);
});

test('what rounding would make infinite is clamped to 65504 and counted; infinities stay', () => {
  const { halves, clamped } = halfOf([65519.99, 65520, -1e6, 3.4e38, Infinity, -Infinity, NaN]);
  assert.deepEqual(halves, [0x7bff, 0x7bff, 0xfbff, 0x7bff, 0x7c00, 0xfc00, 0x7e00]);
  assert.equal(clamped, 3);
});

test('2^-25 and below becomes zero and is counted, with its sign; zero itself is no loss', () => {
  const tiny = 2 ** -25;
  const { halves, flushed } = halfOf([tiny, -tiny, tiny * 1.0000002, 1e-45, -1e-30, 0, -0]);
  assert.deepEqual(halves, [0, 0x8000, 1, 0, 0x8000, 0, 0x8000]);
  assert.equal(flushed, 4);
});

test('whatever the value, it becomes the nearest half', () => {
  const finite = fc.oneof(
    fc.float({ min: -65504, max: 65504, noNaN: true }),
    fc.float({ min: -Math.fround(2 ** -13), max: Math.fround(2 ** -13), noNaN: true }),
  );
  fc.assert(
    fc.property(finite, (value) => {
      assert.equal(halfValue(halfOf([value]).halves[0]), nearestHalf(value));
    }),
    { numRuns: 5000 },
  );
});
