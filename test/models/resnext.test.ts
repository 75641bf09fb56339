import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { buildModel, networkOf } from '../../src/models/build.ts';
import { cards } from '../../src/models/cards.ts';
import { goldenInput } from '../../src/models/verify/golden-logits.ts';
import { openClassifier } from '../../src/onnx/session.ts';
import { goldenModels, goldenWeights } from '../fixtures/architectures/models.ts';

const resnexts = cards.filter(({ architecture }) => architecture.family === 'resnext');

/** Shapes of the grouped convolutions' weights at the head of each layer: 32 groups of 8, 16, 32 and 48. */
const groupedWeights: Record<string, number[][]> = {
  ResNeXt101_32x8d_wsl: widths(256, 8),
  ResNeXt101_32x16d_wsl: widths(512, 16),
  ResNeXt101_32x32d_wsl: widths(1024, 32),
  ResNeXt101_32x48d_wsl: widths(1536, 48),
  Fix_ResNeXt101_32x48d_wsl: widths(1536, 48),
};

function widths(first: number, group: number): number[][] {
  return [1, 2, 4, 8].map((factor) => [first * factor, group * factor, 3, 3]);
}

for (const { id } of resnexts) {
  test(`${id} has torchvision’s tensors: 104 convolutions, 522 in all`, () => {
    const { tensors, nodes } = networkOf(id);
    assert.equal(tensors.length, 522);
    assert.equal(nodes.filter(({ op }) => op === 'Conv').length, 104);
    assert.equal(new Set(tensors.map(({ name }) => name)).size, 522);
    const dims = new Map(tensors.map((tensor) => [tensor.name, tensor.dims]));
    assert.deepEqual(dims.get('conv1.weight'), [64, 3, 7, 7]);
    assert.deepEqual(dims.get('layer3.22.bn3.running_var'), [1024]);
    assert.deepEqual(dims.get('layer4.0.downsample.0.weight'), [2048, 1024, 1, 1]);
    assert.deepEqual(dims.get('fc.weight'), [1000, 2048]);
    const grouped = [1, 2, 3, 4].map((layer) => dims.get(`layer${layer}.0.conv2.weight`));
    assert.deepEqual(grouped, groupedWeights[id]);
  });
}

test('the stride is on the grouped convolution of the first block of layers 2 to 4', () => {
  const strided = networkOf('ResNeXt101_32x8d_wsl').nodes.filter(
    ({ attributes }) => String(attributes.strides) === '2,2',
  );
  assert.deepEqual(
    strided.map(({ outputs }) => outputs[0]),
    [
      'conv1',
      'maxpool',
      ...[2, 3, 4].flatMap((layer) => [`layer${layer}.0.conv2`, `layer${layer}.0.downsample.0`]),
    ],
  );
});

test('the Fix model is the same network at 320 pixels', () => {
  const fixed = networkOf('Fix_ResNeXt101_32x48d_wsl');
  const plain = networkOf('ResNeXt101_32x48d_wsl');
  assert.deepEqual([fixed.side, plain.side], [320, 224]);
  assert.deepEqual(fixed.tensors, plain.tensors);
  assert.deepEqual(fixed.nodes, plain.nodes);
});

test('a short ResNeXt gives the logits that torchvision gives with the same weights', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'topfive-resnext-'));
  try {
    const path = join(folder, 'm.onnx');
    await buildModel(goldenModels.narrowResNext, { path, weights: goldenWeights });
    const session = await openClassifier(path, { threads: 1, device: 'cpu' });
    const logits = await session.run(goldenInput(64), 1);
    await session.close();
    const file = new URL('../fixtures/architectures/golden.json', import.meta.url);
    const golden: Record<string, number[]> = JSON.parse(await readFile(file, 'utf8'));
    for (const [index, expected] of golden.narrowResNext.entries()) {
      assert.ok(Math.abs(logits[index] - expected) < 1e-4, `${index}: ${logits[index]}`);
    }
  } finally {
    await rm(folder, { recursive: true });
  }
});
