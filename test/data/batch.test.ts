/** Normalised values against NumPy's float32 arithmetic, and where they land in the batch. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { normaliser } from '../../src/data/batch.ts';
import { recipeSchema } from '../../src/data/recipe.ts';
import { sha256 } from '../../src/storage/digest.ts';

const recipe = recipeSchema.parse({
  decoder: 'opencv',
  resizeShort: 4,
  kernel: 'linear',
  crop: 2,
  mean: [0.485, 0.456, 0.406],
  std: [0.229, 0.224, 0.225],
});

/** NumPy 1.24: `((bytes.astype('float32') * float32(1 / 255) - mean) / std).T`, bytes 0 to 255 in three columns. */
const numpyDigest = '000219c35056cdffe555889658a32cefce385fb2dfbd779a46c03f68e1daaf95';

test('each of the 256 values of each channel has the bits of NumPy', () => {
  const side = 16;
  const crop = Uint8Array.from({ length: side * side * 3 }, (_, k) => Math.floor(k / 3));
  const batch = new Float32Array(crop.length);
  normaliser({ ...recipe, crop: side })(crop, batch, 0);
  assert.equal(batch[0], new Float32Array(Uint32Array.of(0xc0078bbd).buffer)[0]);
  assert.equal(sha256(new Uint8Array(batch.buffer)), numpyDigest);
});

/** Scale 1, mean 0 and std 1 leave bytes as they are. */
const plain = {
  ...recipe,
  scale: 1,
  mean: [0, 0, 0] as [number, number, number],
  std: [1, 1, 1] as [number, number, number],
};
const crop = Uint8Array.from({ length: 12 }, (_, k) => k);

test('nchw writes three planes into the row it was given and nowhere else', () => {
  const batch = new Float32Array(36).fill(-1);
  normaliser(plain)(crop, batch, 1);
  const row = [0, 3, 6, 9, 1, 4, 7, 10, 2, 5, 8, 11];
  assert.deepEqual([...batch], [...Array(12).fill(-1), ...row, ...Array(12).fill(-1)]);
});

test('nhwc keeps pixels together', () => {
  const batch = new Float32Array(24).fill(-1);
  normaliser({ ...plain, layout: 'nhwc' })(crop, batch, 1);
  assert.deepEqual([...batch], [...Array(12).fill(-1), ...crop]);
});

test('bgr turns channels, and mean and std are in that order', () => {
  const batch = new Float32Array(12);
  normaliser({ ...plain, channelOrder: 'bgr', mean: [100, 0, 0] })(crop, batch, 0);
  assert.deepEqual([...batch], [-98, -95, -92, -89, 1, 4, 7, 10, 0, 3, 6, 9]);
  normaliser({ ...plain, channelOrder: 'bgr', layout: 'nhwc' })(crop, batch, 0);
  assert.deepEqual([...batch], [2, 1, 0, 5, 4, 3, 8, 7, 6, 11, 10, 9]);
});
