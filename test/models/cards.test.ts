import assert from 'node:assert/strict';
import { test } from 'node:test';
import { recipeSchema } from '../../src/data/recipe.ts';
import { cards, findCard } from '../../src/models/cards.ts';
import { digestOf } from '../../src/storage/digest.ts';

/** Crop, resize-short and printed accuracies, as the model page's tables have them, in its order. */
const page: [string, number, number, number, number][] = [
  ['ResNeXt101_32x8d_wsl', 224, 256, 0.826, 0.967],
  ['ResNeXt101_32x16d_wsl', 224, 256, 0.842, 0.973],
  ['ResNeXt101_32x32d_wsl', 224, 256, 0.85, 0.976],
  ['ResNeXt101_32x48d_wsl', 224, 256, 0.854, 0.977],
  ['Fix_ResNeXt101_32x48d_wsl', 320, 320, 0.863, 0.98],
  ['EfficientNetB0', 224, 256, 0.774, 0.933],
  ['EfficientNetB1', 240, 272, 0.792, 0.944],
  ['EfficientNetB2', 260, 292, 0.799, 0.947],
  ['EfficientNetB3', 300, 332, 0.812, 0.954],
  ['EfficientNetB4', 380, 412, 0.829, 0.962],
  ['EfficientNetB5', 456, 488, 0.836, 0.967],
  ['EfficientNetB6', 528, 560, 0.84, 0.969],
  ['EfficientNetB7', 600, 632, 0.843, 0.969],
  ['EfficientNetB0_small', 224, 256, 0.758, 0.926],
];

test('the fourteen cards carry the sizes and printed accuracies of the page', () => {
  const rows = cards.map(({ id, recipe, published: { printed } }) => [
    id,
    recipe.crop,
    recipe.resizeShort,
    printed.top1,
    printed.top5,
  ]);
  assert.deepEqual(rows, page);
});

test('four digits round to the three that are printed', () => {
  for (const { id, published } of cards) {
    for (const name of ['top1', 'top5'] as const) {
      const difference = Math.abs(published[name] - published.printed[name]);
      assert.ok(difference <= 0.0005 + 1e-12, `${id} ${name}`);
    }
    assert.ok(published.top1 < published.top5);
  }
});

test('every recipe is complete and valid; EfficientNet is cubic, the others linear', () => {
  for (const { family, recipe, classes } of cards) {
    assert.deepEqual(recipeSchema.parse(recipe), recipe);
    assert.equal(recipe.kernel, family === 'EfficientNet' ? 'cubic' : 'linear');
    assert.equal(classes, 1000);
  }
  assert.equal(new Set(cards.map(({ recipe }) => digestOf(recipe))).size, 10);
});

test('a card is found by its exact id', () => {
  assert.equal(findCard('EfficientNetB0')?.id, 'EfficientNetB0');
  assert.equal(findCard('efficientnetb0'), undefined);
});
