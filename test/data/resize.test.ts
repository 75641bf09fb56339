/** What holds for every resize kernel. Their exact bytes are tested by the golden set in crop.test.ts. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { resizeCubic, resizeLinear } from '../../src/data/resize-opencv.ts';
import { resizeBicubic, resizeBilinear } from '../../src/data/resize-pillow.ts';
import { cuts, partOf, pictures, sliceOf, wholeOf, wholes } from './resize-pictures.ts';

const kernels = { resizeLinear, resizeCubic, resizeBilinear, resizeBicubic };

for (const [name, resize] of Object.entries(kernels)) {
  test(`${name}: a window equals the same part of the whole resized picture`, () => {
    fc.assert(
      fc.property(pictures, wholes, cuts, (picture, whole, shares) => {
        const part = partOf(whole, shares);
        assert.deepEqual([...resize(picture, part)], sliceOf(resize(picture, whole), part));
      }),
    );
  });

  test(`${name}: the same size gives the same picture`, () => {
    fc.assert(
      fc.property(pictures, (picture) => {
        const same = resize(picture, wholeOf(picture.width, picture.height));
        assert.deepEqual([...same], [...picture.data]);
      }),
    );
  });

  test(`${name}: one colour stays that colour`, () => {
    fc.assert(
      fc.property(pictures, wholes, fc.integer({ min: 0, max: 255 }), (picture, whole, level) => {
        const flat = { ...picture, data: new Uint8Array(picture.data.length).fill(level) };
        assert.ok(resize(flat, whole).every((value) => Math.abs(value - level) <= 1));
      }),
    );
  });

  test(`${name}: what was resized before does not show`, () => {
    const picture = {
      width: 3,
      height: 2,
      data: Uint8Array.from({ length: 18 }, (_, k) => k * 14),
    };
    const first = resize(picture, wholeOf(4, 5));
    resize({ ...picture, data: picture.data.map((value) => 255 - value) }, wholeOf(7, 9));
    assert.deepEqual(resize(picture, wholeOf(4, 5)), first);
  });
}

test('linear: halving both sides gives the mean of four, rounded half up', () => {
  const data = Uint8Array.from([10, 20, 30, 11, 21, 31, 12, 22, 32, 13, 24, 34]);
  const [red, green, blue] = resizeLinear({ width: 2, height: 2, data }, wholeOf(1, 1));
  assert.deepEqual([red, green, blue], [12, 22, 32]);
});

test('bilinear of Pillow averages over everything that shrinks into a pixel', () => {
  const data = Uint8Array.from({ length: 300 }, (_, k) => (k < 150 ? 0 : 200));
  const [red] = resizeBilinear({ width: 100, height: 1, data }, wholeOf(1, 1));
  assert.equal(red, 100);
});
