import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import type { Sized } from '../../src/models/architectures/architecture.ts';
import type { Network, TensorSpec } from '../../src/models/architectures/network.ts';
import { seededWeights } from '../../src/models/architectures/seeded.ts';
import { buildModel, networkOf } from '../../src/models/build.ts';
import { goldenInput } from '../../src/models/verify/golden-logits.ts';
import { openClassifier } from '../../src/onnx/session.ts';
import { inferShapes } from '../../src/onnx/shapes.ts';
import { writeOnnx } from '../../src/onnx/write.ts';
import { type GoldenModel, goldenModels, goldenWeights } from '../fixtures/architectures/models.ts';

const folder = await mkdtemp(join(tmpdir(), 'topfive-efficientnet-'));
after(() => rm(folder, { recursive: true }));

/** Repeats and filters of the seven stages, and filters of stem and head, in the published checkpoints. */
const scaled = {
  EfficientNetB0: [
    [1, 2, 2, 3, 3, 4, 1],
    [16, 24, 40, 80, 112, 192, 320],
    [32, 1280],
  ],
  EfficientNetB1: [
    [2, 3, 3, 4, 4, 5, 2],
    [16, 24, 40, 80, 112, 192, 320],
    [32, 1280],
  ],
  EfficientNetB2: [
    [2, 3, 3, 4, 4, 5, 2],
    [16, 24, 48, 88, 120, 208, 352],
    [32, 1408],
  ],
  EfficientNetB3: [
    [2, 3, 3, 5, 5, 6, 2],
    [24, 32, 48, 96, 136, 232, 384],
    [40, 1536],
  ],
  EfficientNetB4: [
    [2, 4, 4, 6, 6, 8, 2],
    [24, 32, 56, 112, 160, 272, 448],
    [48, 1792],
  ],
  EfficientNetB5: [
    [3, 5, 5, 7, 7, 9, 3],
    [24, 40, 64, 128, 176, 304, 512],
    [48, 2048],
  ],
  EfficientNetB6: [
    [3, 6, 6, 8, 8, 11, 3],
    [32, 40, 72, 144, 200, 344, 576],
    [56, 2304],
  ],
  EfficientNetB7: [
    [4, 7, 7, 10, 10, 13, 4],
    [32, 48, 80, 160, 224, 384, 640],
    [64, 2560],
  ],
};

/** Zeros before and after at the convolutions with stride 2, by the rule of TensorFlow's SAME. */
const samePads = {
  EfficientNetB0: ['0,1', '0,1', '1,2', '0,1', '1,2'],
  EfficientNetB1: ['0,1', '0,1', '1,2', '0,1', '2,2'],
  EfficientNetB2: ['0,1', '0,1', '2,2', '1,1', '2,2'],
  EfficientNetB3: ['0,1', '0,1', '2,2', '0,1', '2,2'],
  EfficientNetB4: ['0,1', '0,1', '2,2', '0,1', '1,2'],
  EfficientNetB5: ['0,1', '0,1', '1,2', '1,1', '2,2'],
  EfficientNetB6: ['0,1', '0,1', '1,2', '0,1', '2,2'],
  EfficientNetB7: ['0,1', '0,1', '1,2', '1,1', '1,2'],
  EfficientNetB0_small: ['1,1', '1,1', '2,2', '1,1', '2,2'],
};

function firstDim({ tensors }: Network, name: string): number | undefined {
  return tensors.find((tensor) => tensor.name === name)?.dims[0];
}

function shapeOf(network: Network) {
  const { tensors, nodes, side } = network;
  return inferShapes({ inputs: [{ name: 'input' }], weights: tensors, nodes }, [1, 3, side, side]);
}

/** The same network with the runtime choosing the zeros, in a file. */
function withAutomaticPadding(
  { side, classes, tensors, nodes }: Network,
  weights: (tensor: TensorSpec) => Float32Array,
): Uint8Array {
  return writeOnnx({
    name: 'automatic',
    inputs: [{ name: 'input', dtype: 'float32', dims: ['N', 3, side, side] }],
    outputs: [{ name: 'logits', dtype: 'float32', dims: ['N', classes] }],
    weights: tensors.map((tensor) => ({
      name: tensor.name,
      dims: [...tensor.dims],
      data: weights(tensor),
    })),
    nodes: nodes.map((node) => {
      const { pads, ...attributes } = node.attributes;
      return pads ? { ...node, attributes: { ...attributes, auto_pad: 'SAME_UPPER' } } : node;
    }),
  });
}

async function logitsOf(path: string, input: Float32Array): Promise<Float32Array> {
  const session = await openClassifier(path, { threads: 1, device: 'cpu' });
  try {
    return await session.run(input, 1);
  } finally {
    await session.close();
  }
}

for (const [id, [repeats, filters, ends]] of Object.entries(scaled)) {
  test(`${id} has the repeats and filters of its published checkpoint`, () => {
    const network = networkOf(id);
    const blocks = new Set(
      network.tensors.map(({ name }) => /^blocks\.\d\.\d+/.exec(name)?.[0] ?? ''),
    );
    const counted = repeats.map((_, stage) =>
      [...blocks].filter((block) => block.startsWith(`blocks.${stage}.`)),
    );
    assert.deepEqual(
      counted.map(({ length }) => length),
      repeats,
    );
    const projected = filters.map((_, stage) =>
      firstDim(network, `blocks.${stage}.0.conv_pw${stage === 0 ? '' : 'l'}.weight`),
    );
    assert.deepEqual(projected, filters);
    assert.deepEqual(
      ['conv_stem.weight', 'conv_head.weight'].map((name) => firstDim(network, name)),
      ends,
    );
  });
}

for (const [id, pads] of Object.entries(samePads)) {
  test(`${id} puts its zeros where its padding rule says`, () => {
    const strided = networkOf(id).nodes.filter(
      ({ op, attributes }) => op === 'Conv' && String(attributes.strides) === '2,2',
    );
    const found = strided.map(({ attributes }) => {
      const [top, left, bottom, right] = attributes.pads as number[];
      assert.deepEqual([top, bottom], [left, right]);
      return `${top},${bottom}`;
    });
    assert.deepEqual(found, pads);
  });

  test(`${id} halves its feature map five times, rounding up`, () => {
    const network = networkOf(id);
    const shapes = shapeOf(network);
    let side = network.side;
    for (const value of ['conv_stem', 'blocks.1.0.conv_dw', 'blocks.2.0.conv_dw']) {
      side = Math.ceil(side / 2);
      assert.equal(shapes.get(value)?.[2], side, value);
    }
    assert.equal(shapes.get('blocks.3.0.conv_dw')?.[2], Math.ceil(side / 2));
    assert.equal(shapes.get('conv_head')?.[2], Math.ceil(Math.ceil(side / 2) / 2));
  });
}

test('explicit zeros give the logits of the operator’s own SAME_UPPER', async () => {
  for (const side of [64, 75]) {
    const narrow: Sized = {
      architecture: {
        family: 'efficientnet',
        width: 0.25,
        depth: 0.5,
        squeezeExcite: true,
        padding: 'same',
      },
      side,
      classes: 10,
    };
    const explicit = join(folder, `explicit-${side}.onnx`);
    await buildModel(narrow, { path: explicit, weights: { seed: 5 } });
    const automatic = join(folder, `automatic-${side}.onnx`);
    await writeFile(automatic, withAutomaticPadding(networkOf(narrow), seededWeights(5)));
    const input = goldenInput(side);
    assert.deepEqual(await logitsOf(explicit, input), await logitsOf(automatic, input));
  }
});

for (const name of ['EfficientNetB0', 'EfficientNetB0_small'] satisfies GoldenModel[]) {
  test(`${name} gives the logits that timm gives with the same weights`, async () => {
    const path = join(folder, `${name}.onnx`);
    await buildModel(goldenModels[name], { path, weights: goldenWeights });
    const logits = await logitsOf(path, goldenInput(224));
    const golden = JSON.parse(
      await readFile(new URL('../fixtures/architectures/golden.json', import.meta.url), 'utf8'),
    );
    for (const [index, expected] of golden[name].entries()) {
      assert.ok(Math.abs(logits[index] - expected) < 1e-4, `${index}: ${logits[index]}`);
    }
  });
}

test('without squeeze and excitation nothing of it is left', () => {
  const { tensors, nodes } = networkOf('EfficientNetB0_small');
  assert.deepEqual(
    tensors.filter(({ name }) => name.includes('.se.')),
    [],
  );
  assert.equal(nodes.filter(({ op }) => op === 'GlobalAveragePool').length, 1);
});
