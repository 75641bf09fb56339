/** Crops against OpenCV's and Pillow's, byte for byte. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { cropsOf } from '../../src/data/crop.ts';
import { Undecodable } from '../../src/data/decode.ts';
import type { CropRule } from '../../src/data/recipe.ts';
import { sha256 } from '../../src/storage/digest.ts';
import { expected, readCrop, readImage } from './pixel-fixtures.ts';

test('every crop of the golden set equals the one of OpenCV or Pillow', async () => {
  const different: string[] = [];
  let compared = 0;
  for (const [name, { crops }] of Object.entries(expected.images)) {
    const indices = Object.keys(crops);
    const rules = indices.map((index) => expected.rules[Number(index)]);
    const made = await cropsOf(readImage(name), rules);
    for (const [k, index] of indices.entries()) {
      compared += 1;
      if (sha256(made[k]) !== crops[index]) different.push(`${name} ${JSON.stringify(rules[k])}`);
    }
  }
  assert.deepEqual(different, []);
  assert.ok(compared > 2000, `${compared} crops compared`);
});

for (const rule of expected.rules.filter(({ resizeShort }) => resizeShort === 32)) {
  test(`no byte of the ${rule.kernel} crop differs from ${rule.decoder}'s`, async () => {
    const [crop] = await cropsOf(readImage('size-97x61.jpg'), [rule]);
    const wanted = readCrop(`size-97x61.jpg.${rule.kernel}.rgb`);
    assert.deepEqual([...crop], [...wanted]);
  });
}

const linear: CropRule = { decoder: 'opencv', kernel: 'linear', resizeShort: 32, crop: 28 };
const bicubic: CropRule = { decoder: 'pillow', kernel: 'bicubic', resizeShort: 20, crop: 31 };

test('each crop owns its ArrayBuffer, so that it can be transferred', async () => {
  const crops = await cropsOf(readImage('size-97x61.jpg'), [linear, linear, bicubic]);
  assert.deepEqual(
    crops.map((crop) => crop.buffer.byteLength),
    [28 * 28 * 3, 28 * 28 * 3, 31 * 31 * 3],
  );
  const [moved] = crops;
  structuredClone(moved, { transfer: [moved.buffer] });
  assert.equal(moved.length, 0);
  assert.equal(crops[1].length, 28 * 28 * 3);
});

test('a crop stays as it was when the next image is cropped', async () => {
  const [first] = await cropsOf(readImage('size-97x61.jpg'), [linear]);
  const before = sha256(first);
  await cropsOf(readImage('gray.jpg'), [linear]);
  assert.equal(sha256(first), before);
});

test('images cropped at the same time do not disturb each other', async () => {
  const names = ['photo-500x375.jpg', 'photo-341x512.jpg', 'cmyk.jpg', 'exif-6.jpg'];
  const alone: Uint8Array[][] = [];
  for (const name of names) alone.push(await cropsOf(readImage(name), [linear, bicubic]));
  const together = await Promise.all(
    names.map((name) => cropsOf(readImage(name), [linear, bicubic])),
  );
  assert.deepEqual(together, alone);
});

test('an image without pixels is undecodable under either decoder', async () => {
  const cut = readImage('photo-500x375.jpg').subarray(0, 5000);
  await assert.rejects(cropsOf(cut, [linear]), Undecodable);
  await assert.rejects(cropsOf(cut, [bicubic]), Undecodable);
});
