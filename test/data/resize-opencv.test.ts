/** The integer shortcut of the cubic kernel against the float32 arithmetic that it stands for. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { Size } from '../../src/data/geometry.ts';
import { resizeCubic } from '../../src/data/resize-opencv.ts';
import type { RgbImage } from '../../src/data/resize-tables.ts';
import { pictures, sliceOf, wholeOf } from './resize-pictures.ts';

const f32 = Math.fround;

/** The four taps of one place, weights in fixed point: `interpolateCubic`, A = -0.75. */
function tapsAt(place: number, { from, to }: { from: number; to: number }) {
  const position = f32((place + 0.5) * (from / to) - 0.5);
  const index = Math.floor(position);
  const x = f32(position - index);
  const far = polynomial(f32(x + 1), [-0.75, 3.75, -6, 3]);
  const near = (t: number) => polynomial(t, [1.25, -2.25, 0, 1]);
  const weights = [far, near(x), near(f32(1 - x))];
  weights.push(f32(f32(f32(1 - weights[0]) - weights[1]) - weights[2]));
  return weights.map((weight, k) => ({
    at: Math.min(Math.max(index + k - 1, 0), from - 1),
    weight: halfEven(weight * 2048),
  }));
}

/** Horner's rule, rounded to float32 after each operation. */
function polynomial(t: number, [leading, ...rest]: number[]): number {
  return rest.reduce((value, coefficient) => f32(f32(value * t) + coefficient), leading);
}

/** Adding and taking away 1.5 × 2^52 rounds a float64 to the nearest integer, halves to even. */
function halfEven(value: number): number {
  const magic = 1.5 * 2 ** 52;
  return value + magic - magic;
}

/** Each output row: blocks of 8 values in float32, the tail in integers. */
function slowCubic(image: RgbImage, { width, height }: Size): number[] {
  const out: number[] = [];
  const blocks = Math.floor((width * 3) / 8) * 8;
  for (let y = 0; y < height; y++) {
    const down = tapsAt(y, { from: image.height, to: height });
    for (let x = 0; x < width * 3; x++) {
      const across = tapsAt(Math.floor(x / 3), { from: image.width, to: width });
      const sums = down.map(({ at: row }) =>
        across.reduce(
          (sum, { at, weight }) =>
            sum + weight * image.data[(row * image.width + at) * 3 + (x % 3)],
          0,
        ),
      );
      const scaled = down.map(({ weight }, k) => f32(f32(weight / 2 ** 22) * sums[k]));
      const inFloat = halfEven(scaled.reduceRight((sum, term) => f32(term + sum)));
      const whole = down.reduce((sum, { weight }, k) => sum + weight * sums[k], 2 ** 21);
      const value = x < blocks ? inFloat : Math.floor(whole / 2 ** 22);
      out.push(Math.min(Math.max(value, 0), 255));
    }
  }
  return out;
}

test('cubic: every byte is that of the float32 sums', () => {
  const side = fc.integer({ min: 1, max: 24 });
  fc.assert(
    fc.property(pictures, side, side, (picture, width, height) => {
      const fast = resizeCubic(picture, wholeOf(width, height));
      assert.deepEqual([...fast], slowCubic(picture, { width, height }));
    }),
    { numRuns: 300 },
  );
});

test('cubic: the integer tail counts from the start of the whole row, not of the window', () => {
  const dots = fc.array(fc.constantFrom(0, 128), { minLength: 300, maxLength: 300 });
  fc.assert(
    fc.property(dots, (values) => {
      const picture = { width: 10, height: 10, data: Uint8Array.from(values) };
      const part = { ...wholeOf(20, 20), left: 15, columns: 5 };
      const whole = slowCubic(picture, { width: 20, height: 20 });
      assert.deepEqual([...resizeCubic(picture, part)], sliceOf(whole, part));
    }),
  );
});
