/** Sizes and crop windows, against the rounding rules of Python, PaddleClas and torchvision. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { cropWindow, roundHalfEven } from '../../src/data/geometry.ts';
import type { CropRule } from '../../src/data/recipe.ts';
import { TopfiveError } from '../../src/errors.ts';

const paddle = (resizeShort: number, crop: number): CropRule => ({
  decoder: 'opencv',
  kernel: 'linear',
  resizeShort,
  crop,
});
const torchvision = (resizeShort: number, crop: number): CropRule => ({
  decoder: 'pillow',
  kernel: 'bilinear',
  resizeShort,
  crop,
});

test('halves round to the even neighbour, as in Python', () => {
  const values = [-1.5, -0.5, 0.5, 1.5, 2.5, 2.4999, 2.5001, 7];
  assert.deepEqual(values.map(roundHalfEven), [-2, 0, 0, 2, 2, 2, 3, 7]);
});

test('PaddleClas rounds the long side and floors the crop start', () => {
  const { resized, left, top } = cropWindow(paddle(256, 224), { width: 500, height: 375 });
  assert.deepEqual(
    { resized, left, top },
    {
      resized: { width: 341, height: 256 },
      left: 58,
      top: 16,
    },
  );
});

test('PaddleClas rounds a long side on a half to the even length', () => {
  // 5 × 2 / 4 = 2.5 and 7 × 2 / 4 = 3.5
  assert.equal(cropWindow(paddle(2, 1), { width: 4, height: 5 }).resized.height, 2);
  assert.equal(cropWindow(paddle(2, 1), { width: 4, height: 7 }).resized.height, 4);
  assert.equal(cropWindow(paddle(2, 1), { width: 5, height: 4 }).resized.width, 2);
});

test('torchvision truncates the long side and rounds the crop start', () => {
  const { resized, left, top } = cropWindow(torchvision(256, 224), { width: 500, height: 375 });
  assert.deepEqual(
    { resized, left, top },
    {
      resized: { width: 341, height: 256 },
      left: 58,
      top: 16,
    },
  );
  // (341 - 224) / 2 = 58.5 is even below; (343 - 224) / 2 = 59.5 is even above.
  assert.equal(cropWindow(torchvision(256, 224), { width: 343, height: 256 }).left, 60);
});

test('torchvision pads what is smaller than the crop, the odd pixel right and bottom', () => {
  const window = cropWindow(torchvision(20, 31), { width: 20, height: 100 });
  const { padLeft, columns, left, padTop, rows, top } = window;
  assert.deepEqual([padLeft, columns, left], [5, 20, 0]);
  assert.deepEqual([padTop, rows, top], [0, 31, 34]);
});

test('a crop larger than the short side is refused where PaddleClas would give none', () => {
  assert.throws(
    () => cropWindow(paddle(224, 256), { width: 500, height: 375 }),
    (error) => error instanceof TopfiveError && error.kind === 'spec',
  );
});

test('every window lies inside the resized image and fills the crop with its padding', () => {
  const side = fc.integer({ min: 1, max: 3000 });
  fc.assert(
    fc.property(side, side, fc.integer({ min: 1, max: 700 }), side, fc.boolean(), (...drawn) => {
      const [width, height, resizeShort, wanted, opencv] = drawn;
      const crop = opencv ? Math.min(wanted, resizeShort) : wanted;
      const rule = opencv ? paddle(resizeShort, crop) : torchvision(resizeShort, crop);
      const window = cropWindow(rule, { width, height });
      const { resized, left, top, columns, rows, padLeft, padTop } = window;
      assert.equal(Math.min(resized.width, resized.height), resizeShort);
      assert.ok(left >= 0 && left + columns <= resized.width);
      assert.ok(top >= 0 && top + rows <= resized.height);
      assert.ok(padLeft + columns <= crop && padTop + rows <= crop);
      assert.equal(padLeft, Math.floor((crop - columns) / 2));
      assert.equal(padTop, Math.floor((crop - rows) / 2));
    }),
  );
});
