import assert from 'node:assert/strict';
import { test } from 'node:test';
import { recipeFacts, recipeSteps } from '../../src/report/recipe-words.ts';
import { smallRecord } from './record-fixture.ts';

test('a recipe reads as its steps, in order', () => {
  assert.deepEqual(recipeSteps(smallRecord().models[0].recipe), [
    'decode as OpenCV does, EXIF orientation applied',
    'resize the shorter side to 256 pixels with the cubic kernel',
    'cut out the central 224 × 224 pixels',
    'multiply by 1/255, subtract 0.485, 0.456, 0.406, divide by 0.229, 0.224, 0.225',
    'pass on as RGB, NCHW, float32',
  ]);
});

test("pillow's kernel is said to be antialiased", () => {
  const steps = recipeSteps({
    digest: 'e',
    decoder: 'pillow',
    kernel: 'bicubic',
    resizeShort: 248,
  });
  assert.deepEqual(steps, [
    'decode as Pillow does, EXIF orientation ignored',
    'resize the shorter side to 248 pixels with the antialiased bicubic kernel',
  ]);
});

test('a recipe with other fields is shown as far as it is understood', () => {
  assert.deepEqual(recipeSteps({ digest: 'e', decoder: 5, crop: 'middle', tiles: 3 }), []);
  assert.deepEqual(recipeFacts({ digest: 'e', crop: 224, resizeShort: 256 }), {
    size: 224,
    resizeShort: 256,
    cropFraction: 0.875,
    kernel: undefined,
  });
});
