/** Orientation in EXIF blocks, whole and broken. The golden set holds the cases that were shown to OpenCV. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { orientationOf } from '../../src/data/exif.ts';
import { readHeader } from '../../src/data/image-header.ts';
import { readImage } from './pixel-fixtures.ts';

const block = Buffer.from('49492a0008000000010012010300010000000600000000000000', 'hex');

test('the orientation of a block is found', () => {
  assert.equal(orientationOf(block), 6);
});

test('a block that ends early, at any byte, is upright', () => {
  for (let length = 0; length < 20; length++) {
    assert.equal(orientationOf(block.subarray(0, length)), 1, `${length} bytes`);
  }
});

test('any bytes at all give an orientation', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), fc.boolean(), (noise, little) => {
      const start = Buffer.from(little ? 'II*\0' : 'MM\0*', 'latin1');
      const orientation = orientationOf(Buffer.concat([start, noise]));
      assert.ok(orientation >= 1 && orientation <= 8);
    }),
  );
});

test('orientation is read from JPEG and PNG, and from the first APP1 segment only', () => {
  const orientations = {
    'exif-8.jpg': 8,
    'exif-9.jpg': 1,
    'exif-twice.jpg': 3,
    'exif-after-xmp.jpg': 1,
    'exif-before.png': 6,
    'exif-after.png': 6,
  };
  for (const [name, orientation] of Object.entries(orientations)) {
    assert.equal(readHeader(readImage(name)).orientation, orientation, name);
  }
});
