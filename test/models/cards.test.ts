import assert from 'node:assert/strict';
import { test } from 'node:test';
import { recipeSchema } from '../../src/data/recipe.ts';
import { TopfiveError } from '../../src/errors.ts';
import { cards, findCard, requireCard } from '../../src/models/cards.ts';
import { digestOf } from '../../src/storage/digest.ts';
import { type PageRow, page } from './page.ts';

const rows = cards.map(({ id, recipe, published }): PageRow => {
  const { printed, reference, cost, latency } = published;
  const cells = (device: string, precision: string) =>
    latency.cells
      .filter((cell) => cell.device === device && cell.precision === precision)
      .map(({ ms }) => ms);
  return [
    id,
    [printed.top1, printed.top5, reference?.top1 ?? null, reference?.top5 ?? null],
    [cost.flops / 1e9, cost.params / 1e6],
    [recipe.crop, recipe.resizeShort],
    cells('V100', 'fp32'),
    cells('T4', 'fp16'),
    cells('T4', 'fp32'),
  ];
});

test('there are fourteen cards, in the order of the page', () => {
  assert.equal(page.length, 14);
  assert.deepEqual(
    cards.map(({ id }) => id),
    page.map(([id]) => id),
  );
});

for (const [place, expected] of page.entries()) {
  test(`${expected[0]} carries every cell of the page's tables`, () => {
    assert.deepEqual(rows[place], expected);
  });
}

test('latency is told for batch 1 on the V100, and for 1, 4 and 8 on the T4', () => {
  for (const { published } of cards) {
    assert.deepEqual(
      published.latency.cells.map(({ device, precision, batch }) => [device, precision, batch]),
      [
        ['V100', 'fp32', 1],
        ...['fp16', 'fp32'].flatMap((precision) =>
          [1, 4, 8].map((batch) => ['T4', precision, batch]),
        ),
      ],
    );
  }
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

test('every figure says where it stands', () => {
  for (const { published } of cards) {
    const { printed, reference, tolerance, cost, latency } = published;
    for (const figure of [
      published,
      printed,
      tolerance,
      cost,
      latency,
      ...(reference ? [reference] : []),
    ]) {
      assert.match(figure.source, /Paddle(Clas|Paddle)/);
    }
  }
});

test('a tolerance is less than what another image library does, so that a wrong recipe is found', () => {
  for (const { published } of cards) {
    assert.ok(published.tolerance.fraction > 0 && published.tolerance.fraction < 0.0013);
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

test('weights have an address of their own and a licence; those of Facebook are not for commerce', () => {
  const urls = cards.flatMap(({ checkpoints }) => checkpoints.map(({ url }) => url));
  assert.equal(new Set(urls).size, urls.length);
  for (const { family, checkpoints } of cards) {
    assert.ok(checkpoints[0].measured);
    for (const { url, licence, nonCommercial, measured, publisher, sha256Prefix } of checkpoints) {
      assert.match(new URL(url).pathname, /\.(pdparams|pth|safetensors)$/);
      assert.equal(nonCommercial, family === 'ResNeXt101_wsl');
      assert.equal(licence, nonCommercial ? 'CC-BY-NC-4.0' : 'Apache-2.0');
      assert.equal(measured, publisher === 'PaddleClas');
      if (sha256Prefix) assert.ok(url.endsWith(`-${sha256Prefix}.pth`));
    }
  }
});

test('a card is found by its exact id', () => {
  assert.equal(findCard('EfficientNetB0')?.id, 'EfficientNetB0');
  assert.equal(findCard('efficientnetb0'), undefined);
  assert.throws(
    () => requireCard('efficientnetb0'),
    (error) =>
      error instanceof TopfiveError &&
      error.kind === 'usage' &&
      /no card "efficientnetb0"; the cards are ResNeXt101_32x8d_wsl, .*EfficientNetB0/.test(
        error.message,
      ),
  );
});
