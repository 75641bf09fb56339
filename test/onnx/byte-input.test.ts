import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { BinaryWriter, WireType } from '@bufbuild/protobuf/wire';
import fc from 'fast-check';
import { normaliser } from '../../src/data/batch.ts';
import type { Recipe } from '../../src/data/recipe.ts';
import type { Architecture } from '../../src/models/architectures/architecture.ts';
import { buildModel } from '../../src/models/build.ts';
import { obstacleToByteInput, withByteInput } from '../../src/onnx/byte-input.ts';
import { GraphBuilder } from '../../src/onnx/graph.ts';
import { graphField, modelField } from '../../src/onnx/proto.ts';
import { joined, nested, rawFields } from '../../src/onnx/raw-fields.ts';
import { openClassifier } from '../../src/onnx/session.ts';
import { writeOnnx } from '../../src/onnx/write.ts';
import { tinyModel } from '../models/tiny-model.ts';
import { writeWithExternalData } from './external-data.ts';

const folder = await mkdtemp(join(tmpdir(), 'topfive-bytes-'));
after(() => rm(folder, { recursive: true }));

const onCpu = { threads: 1, device: 'cpu' } as const;
type Normalisation = Pick<Recipe, 'layout' | 'channelOrder' | 'scale' | 'mean' | 'std'>;

const imagenet: Normalisation = {
  layout: 'nchw',
  channelOrder: 'rgb',
  scale: 1 / 255,
  mean: [0.485, 0.456, 0.406],
  std: [0.229, 0.224, 0.225],
};

/** Side of images in which every byte occurs in every channel. */
const side = 16;

/** The logits are the values of the input. */
function echo(layout: Normalisation['layout']): Uint8Array {
  const builder = new GraphBuilder('echo');
  const dims = layout === 'nchw' ? ['N', 3, side, side] : ['N', side, side, 3];
  const images = builder.input('images', dims);
  builder.output('logits', builder.node('Flatten', [images]), ['N', 3 * side * side]);
  return writeOnnx(builder.graph);
}

/** Different pixels for each seed, every byte in every channel. */
function cropOf(seed: number, edge = side): Uint8Array {
  return Uint8Array.from({ length: edge * edge * 3 }, (_, index) => {
    const pixel = Math.floor(index / 3);
    return pixel * (2 * (index % 3) + 1) + seed * 37;
  });
}

interface Trial {
  path: string;
  normalisation: Normalisation;
  edge: number;
  rows: number;
}

/** Logits of the same crops, normalised on the host and in the graph. */
async function bothWays({ path, normalisation, edge, rows }: Trial) {
  const crops = Array.from({ length: rows }, (_, row) => cropOf(row, edge));
  const { layout } = normalisation;
  const expected = { side: edge, layout };
  const plain = await openClassifier(path, { ...onCpu, expected });
  const bytes = await openClassifier(path, { ...onCpu, expected, normalisation });
  const normalise = normaliser({ ...normalisation, crop: edge });
  const values = new Float32Array(rows * 3 * edge * edge);
  for (const [row, crop] of crops.entries()) normalise(crop, values, row);
  try {
    assert.deepEqual(bytes.input, plain.input);
    assert.deepEqual(bytes.output, plain.output);
    return { host: await plain.run(values, rows), graph: await bytes.run(joined(crops), rows) };
  } finally {
    await plain.close();
    await bytes.close();
  }
}

for (const layout of ['nchw', 'nhwc'] as const) {
  test(`in ${layout} every byte becomes the same float32 as on the host, whatever the recipe`, async () => {
    const path = join(folder, `echo-${layout}.onnx`);
    await writeFile(path, echo(layout));
    const positive = fc.double({ min: 0.01, max: 300, noNaN: true });
    const triple = fc.tuple(positive, positive, positive);
    const recipes = fc.record({
      channelOrder: fc.constantFrom('rgb' as const, 'bgr' as const),
      scale: fc.oneof(fc.constant(1 / 255), fc.double({ min: 1e-3, max: 2, noNaN: true })),
      mean: triple,
      std: triple,
    });
    const { layout: _, ...like } = imagenet;
    await fc.assert(
      fc.asyncProperty(recipes, async (recipe) => {
        const normalisation = { layout, ...recipe };
        const { host, graph } = await bothWays({ path, normalisation, edge: side, rows: 2 });
        assert.deepEqual(graph, host);
      }),
      {
        numRuns: 40,
        examples: [[{ ...like, channelOrder: 'rgb' }], [{ ...like, channelOrder: 'bgr' }]],
      },
    );
  });
}

test('a network gives the same logits to the last bit, at any batch', async () => {
  const path = join(folder, 'network.onnx');
  const architecture: Architecture = {
    family: 'efficientnet',
    width: 0.1,
    depth: 0.1,
    squeezeExcite: true,
    padding: 'same',
  };
  await buildModel({ architecture, side: 64, classes: 10 }, { path, weights: { seed: 3 } });
  for (const rows of [1, 4, 7]) {
    const trial = { path, normalisation: imagenet, edge: 64, rows };
    const { host, graph } = await bothWays(trial);
    assert.deepEqual(graph, host);
    assert.ok(new Set(host).size > 9 * rows);
  }
});

test('external data is found where the file says', async () => {
  const path = join(folder, 'external.onnx');
  const model = tinyModel({ side: 8, classes: 20 });
  await writeWithExternalData(path, { model, location: 'external.weights' });
  const { host, graph } = await bothWays({ path, normalisation: imagenet, edge: 8, rows: 3 });
  assert.deepEqual(graph, host);
});

test('whatever else a file holds is copied byte for byte, in its order', () => {
  const extra = (field: number, value: string) =>
    new BinaryWriter().tag(field, WireType.LengthDelimited).string(value).finish();
  // Documentation, metadata and value information, which nothing here reads.
  const model = joined(
    rawFields(tinyModel({ side: 8, classes: 20 })).flatMap(({ field, raw, content }) =>
      field === modelField.graph
        ? nested(field, [extra(10, 'about the graph'), content, extra(13, '')])
        : [extra(6, 'about the model'), raw, extra(14, '')],
    ),
  );
  const { bytes, input } = withByteInput(model, imagenet);
  assert.deepEqual(input, { name: 'images', dtype: 'float32', dims: ['batch', 3, 8, 8] });

  const outside = (file: Uint8Array) =>
    rawFields(file).filter(({ field }) => field !== modelField.graph);
  assert.deepEqual(outside(bytes), outside(model));
  const graphOf = (file: Uint8Array) =>
    rawFields(rawFields(file).find(({ field }) => field === modelField.graph)!.content);
  const kept = graphOf(model).filter(({ field }) => field !== graphField.input);
  const after = graphOf(bytes);
  const nodes = after.findIndex(({ raw }) => Buffer.compare(raw, kept[0].raw) === 0);
  assert.ok(after.slice(0, nodes).every(({ field }) => field === graphField.node));
  const rest = after.slice(nodes).filter(({ field }) => field !== graphField.input);
  assert.deepEqual(rest.slice(0, kept.length), kept);
  assert.ok(rest.slice(kept.length).every(({ field }) => field === graphField.initializer));
});

test('a fixed batch and open sides stay as they are declared', async () => {
  const builder = new GraphBuilder('open');
  const pooled = builder.node('GlobalAveragePool', [builder.input('images', [2, 3, 'H', 'W'])]);
  builder.output('logits', builder.node('Flatten', [pooled]), [2, 3]);
  const path = join(folder, 'open.onnx');
  await writeFile(path, writeOnnx(builder.graph));
  const session = await openClassifier(path, { ...onCpu, normalisation: imagenet });
  assert.equal(session.fixedBatch, 2);
  assert.deepEqual(session.input.dims, [2, 3, 'H', 'W']);
  await session.close();
});

test('old formats, several inputs and what is no ONNX file have an obstacle', async () => {
  const model = tinyModel({ side: 8, classes: 20 });
  assert.equal(obstacleToByteInput(model), null);
  const version = (field: number, content: Uint8Array) =>
    joined(rawFields(model).flatMap((each) => (each.field === field ? [content] : [each.raw])));
  const number = (field: number, value: number) =>
    new BinaryWriter().tag(field, WireType.Varint).int64(value).finish();
  const format = version(modelField.irVersion, number(modelField.irVersion, 3));
  assert.match(obstacleToByteInput(format) ?? '', /version 3 of the format/);
  const opset = joined(nested(modelField.opsetImport, [number(2, 6)]));
  assert.match(obstacleToByteInput(version(modelField.opsetImport, opset)) ?? '', /operator set 6/);
  const two = tinyModel({ side: 8, classes: 20, twoInputs: true });
  for (const bytes of [two, await readFile(import.meta.filename), new Uint8Array(0)]) {
    assert.equal(obstacleToByteInput(bytes), 'is not an ONNX file with one input of images');
  }
});
