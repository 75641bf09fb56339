import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { buildModel, networkOf } from '../../src/models/build.ts';
import { costsOfCard } from '../../src/models/card-cost.ts';
import { cards, requireCard } from '../../src/models/cards.ts';
import { inspectOnnx } from '../../src/onnx/inspect.ts';
import { skeletonOf } from './skeleton.ts';

const folder = await mkdtemp(join(tmpdir(), 'topfive-conventions-'));
after(() => rm(folder, { recursive: true }));

/**
 * Learnable parameters, and multiply-accumulates of convolutions and linear layers in 10⁹. The parameters of
 * B0 to B7 and 32x8d are those that torchvision states for its own models.
 */
const exact: Record<string, [params: number, gigamacs: string]> = {
  ResNeXt101_32x8d_wsl: [88_791_336, '16.4140'],
  ResNeXt101_32x16d_wsl: [194_026_792, '36.1633'],
  ResNeXt101_32x32d_wsl: [468_530_472, '87.1068'],
  ResNeXt101_32x48d_wsl: [828_411_176, '153.3102'],
  Fix_ResNeXt101_32x48d_wsl: [828_411_176, '312.8758'],
  EfficientNetB0: [5_288_548, '0.3858'],
  EfficientNetB1: [7_794_184, '0.6868'],
  EfficientNetB2: [9_109_994, '0.9936'],
  EfficientNetB3: [12_233_232, '1.8271'],
  EfficientNetB4: [19_341_616, '4.3938'],
  EfficientNetB5: [30_389_784, '10.2664'],
  EfficientNetB6: [43_040_704, '19.0676'],
  EfficientNetB7: [66_347_960, '37.7459'],
  EfficientNetB0_small: [4_652_008, '0.3852'],
};

/** FLOPs in 10⁹ and parameters in 10⁶ as PaddleClas prints them since 2021, docs/en/algorithm_introduction/ImageNet_models_en.md. */
const paddleFlops: Record<string, [flops: number, params: number]> = {
  ResNeXt101_32x8d_wsl: [16.48, 88.99],
  ResNeXt101_32x16d_wsl: [36.26, 194.36],
  ResNeXt101_32x32d_wsl: [87.28, 469.12],
  ResNeXt101_32x48d_wsl: [153.57, 829.26],
  Fix_ResNeXt101_32x48d_wsl: [313.41, 829.26],
  EfficientNetB0: [0.4, 5.33],
  EfficientNetB1: [0.71, 7.86],
  EfficientNetB2: [1.02, 9.18],
  EfficientNetB3: [1.88, 12.324],
  EfficientNetB4: [4.51, 19.47],
  EfficientNetB5: [10.51, 30.56],
  EfficientNetB6: [19.47, 43.27],
  EfficientNetB7: [38.45, 66.66],
  EfficientNetB0_small: [0.4, 4.69],
};

for (const card of cards) {
  test(`${card.id} has the true number of parameters and multiply-accumulates`, () => {
    const { params, macs } = costsOfCard(card).exact;
    assert.deepEqual([params, (macs / 1e9).toFixed(4)], exact[card.id]);
  });

  test(`paddle-flops-2.2 gives what PaddleClas prints of ${card.id} since 2021, within 0.01`, () => {
    const { flops, params } = costsOfCard(card)['paddle-flops-2.2'];
    const [printedFlops, printedParams] = paddleFlops[card.id];
    // Some cells are cut off rather than rounded.
    assert.ok(Math.abs(flops / 1e9 - printedFlops) <= 0.01, `${flops}`);
    assert.ok(Math.abs(params / 1e6 - printedParams) <= 0.01, `${params}`);
  });

  test(`paddle-model-stat-2019 gives the printed digits of ${card.id}, or the card names the exception`, () => {
    const counted = costsOfCard(card)['paddle-model-stat-2019'];
    const { cost } = card.published;
    for (const [figure, unit] of [
      ['flops', 1e9],
      ['params', 1e6],
    ] as const) {
      const reproduced = (counted[figure] / unit).toFixed(2) === (cost[figure] / unit).toFixed(2);
      const excepted = cost.exceptions.some((exception) => exception.figure === figure);
      assert.notEqual(reproduced, excepted, `${figure}: ${counted[figure]}`);
    }
  });
}

for (const card of cards) {
  test(`the file of ${card.id} costs what its card says, by every convention`, async () => {
    const path = join(folder, `${card.id}.onnx`);
    await writeFile(path, skeletonOf(networkOf(card.id)));
    const { cost, reason, weights } = await inspectOnnx(path);
    assert.deepEqual([cost, reason], [costsOfCard(card), null]);
    assert.deepEqual(weights.external, ['weights.bin']);
  });
}

test('a file that holds its weights costs the same', async () => {
  const path = join(folder, 'built.onnx');
  await buildModel('EfficientNetB0', { path, weights: { seed: 1 } });
  assert.deepEqual((await inspectOnnx(path)).cost, costsOfCard(requireCard('EfficientNetB0')));
});

test('three cells of the 28 are exceptions: FLOPS of B6 and of B0_small, parameters of B0_small', () => {
  const named = cards.flatMap(({ id, published: { cost } }) =>
    cost.exceptions.map(({ figure }) => `${id} ${figure}`),
  );
  assert.deepEqual(named, [
    'EfficientNetB6 flops',
    'EfficientNetB0_small flops',
    'EfficientNetB0_small params',
  ]);
});

test('the exceptions are what their reasons say', () => {
  const [b0, b6, small] = ['EfficientNetB0', 'EfficientNetB6', 'EfficientNetB0_small'].map(
    requireCard,
  );
  const rule = costsOfCard(b6)['paddle-model-stat-2019'].flops;
  assert.equal(((rule - b6.published.cost.flops) / 1e9).toFixed(2), '0.10');
  assert.equal(small.published.cost.flops, b0.published.cost.flops);
  assert.equal((costsOfCard(small).exact.params / 1e6).toFixed(2), '4.65');
  assert.equal(small.published.cost.params, 4_650_000);
});
