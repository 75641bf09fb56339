import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm, stat, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { BinaryWriter, WireType } from '@bufbuild/protobuf/wire';
import { TopfiveError } from '../../src/errors.ts';
import type { Sized } from '../../src/models/architectures/architecture.ts';
import { buildModel } from '../../src/models/build.ts';
import { externalFiles } from '../../src/onnx/external.ts';
import { textIn } from '../../src/onnx/fields.ts';
import { GraphBuilder } from '../../src/onnx/graph.ts';
import { convertToHalf } from '../../src/onnx/half-file.ts';
import {
  attributeField,
  attributeType,
  graphField,
  modelField,
  nodeField,
  tensorField,
} from '../../src/onnx/proto.ts';
import { joined, nested, type RawField, rawFields } from '../../src/onnx/raw-fields.ts';
import { type Model, readOnnx } from '../../src/onnx/read.ts';
import { openClassifier } from '../../src/onnx/session.ts';
import { writeOnnx } from '../../src/onnx/write.ts';
import { writeWithExternalData } from './external-data.ts';
import { nearestHalf } from './half-values.ts';

const folder = await mkdtemp(join(tmpdir(), 'topfive-half-'));
after(() => rm(folder, { recursive: true }));

const side = 8;
const onCpu = { threads: 1, device: 'cpu' } as const;
let files = 0;

async function save(bytes: Uint8Array): Promise<string> {
  files += 1;
  const path = join(folder, `model-${files}.onnx`);
  await writeFile(path, bytes);
  return path;
}

async function halve(bytes: Uint8Array) {
  const from = await save(bytes);
  const to = `${from}.fp16.onnx`;
  const conversion = await convertToHalf(from, to);
  return { from, to, conversion, model: readOnnx(await readFile(to), to) };
}

/** Smooth, reproducible values from -2 to 2. */
const wave = (length: number, step = 0.7) =>
  Float32Array.from({ length }, (_, index) => 2 * Math.sin(index * step));

interface RunOptions {
  edge?: number;
  rows?: number;
  classes?: number;
}

async function run(
  path: string,
  { edge = side, rows = 3, classes }: RunOptions = {},
): Promise<Float32Array> {
  const expected = { side: edge, layout: 'nchw', ...(classes && { classes }) } as const;
  const session = await openClassifier(path, { ...onCpu, expected });
  try {
    return await session.run(wave(rows * 3 * edge * edge), rows);
  } finally {
    await session.close();
  }
}

const furthest = (a: Float32Array, b: Float32Array) =>
  a.reduce((most, value, index) => Math.max(most, Math.abs(value - b[index])), 0);

const operators = ({ graph }: Model) => graph.nodes.map(({ op }) => op);
const typesOf = ({ graph }: Model) =>
  new Map(graph.initializers.map((each) => [each.name, each.dtype]));

/** images → Conv with `weights` → mean → Gemm → logits, and whatever `inside` puts between the last two. */
function network(
  inside: (builder: GraphBuilder, features: string) => string = (_, name) => name,
): GraphBuilder {
  const builder = new GraphBuilder('network');
  const images = builder.input('images', ['N', 3, side, side]);
  const maps = builder.node('Conv', [images, builder.weights([6, 3, 3, 3], wave(162, 0.3))]);
  const features = builder.node('Flatten', [builder.node('GlobalAveragePool', [maps])]);
  const head = builder.weights([6, 5], wave(30, 1.1));
  const logits = builder.node('Gemm', [inside(builder, features), head]);
  builder.output('logits', logits, ['N', 5]);
  return builder;
}

test('on the CPU provider it gives the logits of fp32 arithmetic with every weight rounded to the nearest half', async () => {
  const builder = network();
  const { to, conversion, model } = await halve(writeOnnx(builder.graph));
  for (const { data } of builder.graph.weights as { data: Float32Array }[]) {
    data.set(data.map(nearestHalf));
  }
  assert.deepEqual(await run(to), await run(await save(writeOnnx(builder.graph))));
  assert.deepEqual(conversion, { values: 192, clamped: 0, flushed: 0, clampedIn: [] });
  assert.deepEqual(new Set(typesOf(model).values()), new Set(['float16']));
  assert.deepEqual(
    [model.graph.inputs, model.graph.outputs].map(([value]) => value.dtype),
    ['float32', 'float32'],
  );
});

const narrow: Record<string, Sized> = {
  EfficientNet: {
    architecture: {
      family: 'efficientnet',
      width: 0.1,
      depth: 0.1,
      squeezeExcite: true,
      padding: 'same',
    },
    side: 64,
    classes: 10,
  },
  ResNeXt: {
    architecture: { family: 'resnext', blocks: [1, 1, 1, 1], groups: 2, widthPerGroup: 2 },
    side: 64,
    classes: 10,
  },
};

for (const [name, network] of Object.entries(narrow)) {
  test(`a narrow ${name} keeps its logits to 2^-7 of their spread, with the same bytes each time`, async () => {
    const from = join(folder, `${name}.onnx`);
    const to = join(folder, `${name}.fp16.onnx`);
    await buildModel(network, { path: from, weights: { seed: 5 } });
    const { values, clamped, flushed } = await convertToHalf(from, to);
    const bytes = await readFile(to);
    await convertToHalf(from, to);
    assert.deepEqual(await readFile(to), bytes);
    assert.ok((await stat(to)).size < 0.6 * (await stat(from)).size);
    assert.ok(values > 1000 && clamped === 0 && flushed < 0.001 * values);
    const [full, half] = [await run(from, { edge: 64 }), await run(to, { edge: 64 })];
    assert.notDeepEqual(half, full);
    assert.ok(furthest(full, half) < 2 ** -7 * (Math.max(...full) - Math.min(...full)));
    // Every normalisation is part of its convolution, so the logits alone are cast back.
    const [before, after] = [readOnnx(await readFile(from), from), readOnnx(bytes, to)];
    assert.ok(operators(before).includes('BatchNormalization'));
    assert.ok(!operators(after).includes('BatchNormalization'));
    assert.equal(operators(after).filter((op) => op === 'Cast').length, 2);
  });
}

test('a weight of 1e6 is clamped and named, one of 1e-9 flushed and counted', async () => {
  const builder = network();
  const [kernel, head] = builder.graph.weights as { name: string; data: Float32Array }[];
  kernel.data[5] = 1e-9;
  head.data[0] = 1e6;
  const { conversion, model } = await halve(writeOnnx(builder.graph));
  assert.deepEqual(conversion, { values: 192, clamped: 1, flushed: 1, clampedIn: [head.name] });
  const { data } = model.graph.initializers.find(({ name }) => name === head.name)!;
  assert.equal(data![0] + 256 * data![1], 0x7bff);
});

test('batch normalisation joins its convolution before rounding, so that its statistics need no fp16', async () => {
  for (const bias of [true, false]) {
    const builder = new GraphBuilder('normalised');
    const images = builder.input('images', ['N', 3, side, side]);
    const kernel = builder.weights([4, 3, 3, 3], wave(108, 0.3));
    const inputs = [images, kernel, ...(bias ? [builder.weights([4], wave(4))] : [])];
    // Means beyond fp16's range and variances below it.
    const statistics = [
      [1, 2, -1, 3e-4],
      [0, 1, 2, 3],
      [0.1, 7e4, 2, 1e-9],
      [2, 4e9, 1e-9, 1e-12],
    ];
    const norm = builder.node(
      'BatchNormalization',
      [builder.node('Conv', inputs), ...statistics.map((values) => builder.weights([4], values))],
      { epsilon: { float: 1e-3 } },
    );
    const pooled = builder.node('GlobalAveragePool', [norm]);
    builder.output('logits', builder.node('Flatten', [pooled]), ['N', 4]);
    const { from, to, conversion, model } = await halve(writeOnnx(builder.graph));
    assert.deepEqual(
      { ...conversion, flushed: 0 },
      { values: 112, clamped: 0, flushed: 0, clampedIn: [] },
    );
    assert.deepEqual(operators(model), [
      'Cast',
      'Conv',
      'GlobalAveragePool',
      'Flatten',
      'Identity',
      'Cast',
    ]);
    const [full, half] = [await run(from), await run(to)];
    for (const [index, value] of full.entries()) {
      assert.ok(
        Math.abs(half[index] - value) < 2 ** -7 * Math.max(1, Math.abs(value)),
        `${half[index]} ${value}`,
      );
    }
  }
});

test('a normalisation that cannot join stays in fp32 with its statistics', async () => {
  const builder = new GraphBuilder('preactivated');
  const images = builder.input('images', ['N', 3, side, side]);
  const statistics = [1, 2, 3, 4].map((value) => builder.weights([3], [value, value, 1e-12]));
  const norm = builder.node('BatchNormalization', [images, ...statistics]);
  const maps = builder.node('Conv', [norm, builder.weights([5, 3, 1, 1], wave(15))]);
  builder.output('logits', builder.node('Flatten', [builder.node('GlobalAveragePool', [maps])]), [
    'N',
    5,
  ]);
  const { conversion, model } = await halve(writeOnnx(builder.graph));
  assert.equal(conversion.values, 15);
  const types = typesOf(model);
  assert.deepEqual(
    statistics.map((name) => types.get(name)),
    Array(4).fill('float32'),
  );
});

test('exponentials, sums and normalisations stay in fp32, and so does what joins them', async () => {
  const builder = network((inside, features) => {
    const doubled = inside.node('Add', [features, features]);
    const parts = inside.node('Softmax', [doubled], { axis: 1 });
    return inside.node('Mul', [parts, inside.weights([6], wave(6))]);
  });
  const { from, to, model } = await halve(writeOnnx(builder.graph));
  assert.deepEqual(operators(model), [
    ...['Cast', 'Conv', 'GlobalAveragePool', 'Flatten', 'Add', 'Cast', 'Softmax', 'Mul'],
    ...['Cast', 'Gemm', 'Identity', 'Cast'],
  ]);
  const factor = builder.graph.weights[2];
  assert.equal(typesOf(model).get(factor.name), 'float32');
  assert.ok(furthest(await run(from), await run(to)) < 0.01);
});

test('a sum of tensors follows them, and what PyTorch casts to fp16 is cast', async () => {
  const builder = network((inside, features) => {
    const doubled = inside.node('Sum', [features, features]);
    const parts = inside.node('Softmax', [doubled], { axis: 1 });
    return inside.node('PRelu', [parts, inside.weights([6], wave(6))]);
  });
  const { from, to, model } = await halve(writeOnnx(builder.graph));
  assert.deepEqual(operators(model), [
    ...['Cast', 'Conv', 'GlobalAveragePool', 'Flatten', 'Sum', 'Cast', 'Softmax', 'Cast', 'PRelu'],
    ...['Gemm', 'Identity', 'Cast'],
  ]);
  assert.equal(typesOf(model).get(builder.graph.weights[2].name), 'float16');
  assert.ok(furthest(await run(from), await run(to)) < 0.01);
});

test('a weight that fp32 takes as well stays in fp32', async () => {
  let shared = '';
  const builder = network((inside, features) => {
    shared = inside.weights([6, 6], wave(36));
    const product = inside.node('MatMul', [features, shared]);
    const sum = inside.node('ReduceSum', [shared, inside.integers([0])]);
    return inside.node('Add', [product, sum]);
  });
  const { from, to, conversion, model } = await halve(writeOnnx(builder.graph));
  assert.equal(typesOf(model).get(shared), 'float32');
  assert.equal(conversion.values, 192);
  assert.ok(furthest(await run(from), await run(to)) < 0.1);
});

test('an output that the graph goes on with leaves it in float32 under its own name', async () => {
  const builder = network((inside, features) => {
    inside.graph.outputs.push({ name: features, dtype: 'float32', dims: ['N', 6] });
    return inside.node('Exp', [inside.node('Relu', [features])]);
  });
  const { from, to } = await halve(writeOnnx(builder.graph));
  for (const classes of [5, 6]) {
    const [full, half] = await Promise.all([run(from, { classes }), run(to, { classes })]);
    assert.equal(half.length, 3 * classes);
    assert.ok(furthest(full, half) < 0.02);
  }
});

/** The same graph with an initializer as the tensor of a Constant node. */
function withConstant(model: Uint8Array, name: string): Uint8Array {
  return changeGraph(model, ({ field, raw, content }) => {
    if (field !== graphField.initializer || textIn(content, tensorField.name) !== name)
      return [raw];
    const text = (at: number, value: string) =>
      new BinaryWriter().tag(at, WireType.LengthDelimited).string(value).finish();
    const kind = new BinaryWriter().tag(attributeField.type, WireType.Varint);
    const attribute = nested(nodeField.attribute, [
      text(attributeField.name, 'value'),
      ...nested(attributeField.tensor, [content]),
      kind.int64(attributeType.tensor).finish(),
    ]);
    const node = [text(nodeField.output, name), text(nodeField.opType, 'Constant'), ...attribute];
    return nested(graphField.node, node);
  });
}

/** Nodes come first again, those that were put in place of another field before all others. */
function changeGraph(model: Uint8Array, change: (field: RawField) => Uint8Array[]): Uint8Array {
  const parts = rawFields(model).flatMap(({ field, raw, content }) => {
    if (field !== modelField.graph) return [raw];
    const fields = rawFields(content);
    const changed = fields.map((each) => ({ each, parts: change(each) }));
    const isNew = ({ each, parts }: (typeof changed)[number]) => parts[0] !== each.raw;
    return nested(
      field,
      [...changed.filter(isNew), ...changed.filter((one) => !isNew(one))].flatMap(
        (one) => one.parts,
      ),
    );
  });
  return joined(parts);
}

test('weights in Constant nodes are halved like initializers', async () => {
  const builder = network();
  const model = writeOnnx(builder.graph);
  const constant = withConstant(model, builder.graph.weights[0].name);
  const [plain, other] = [await halve(model), await halve(constant)];
  assert.deepEqual(other.conversion, plain.conversion);
  assert.deepEqual(await run(other.to), await run(plain.to));
});

test('weights beside the file end up beside the new one, with the same logits', async () => {
  const builder = network((inside, features) =>
    inside.node('Mul', [inside.node('Softmax', [features]), inside.weights([6], wave(6))]),
  );
  const model = writeOnnx(builder.graph);
  const from = join(folder, 'outside.onnx');
  await writeWithExternalData(from, { model, location: 'outside.weights' });
  const to = join(folder, 'outside.fp16.onnx');
  const conversion = await convertToHalf(from, to);
  const plain = await halve(model);
  assert.deepEqual(conversion, plain.conversion);
  assert.deepEqual(await externalFiles(to), ['outside.fp16.onnx.data']);
  // 192 halves, and the six factors that stay in fp32.
  assert.equal((await stat(`${to}.data`)).size, 192 * 2 + 6 * 4);
  assert.deepEqual(await run(to), await run(plain.to));
});

test('a file whose weights are cut off is refused', async () => {
  const from = join(folder, 'cut.onnx');
  await writeWithExternalData(from, { model: writeOnnx(network().graph), location: 'cut.weights' });
  await truncate(join(folder, 'cut.weights'), 700);
  await assert.rejects(convertToHalf(from, `${from}.fp16.onnx`), /beyond the end of cut\.weights/);
});

test('weights that an old file names among its inputs are no inputs of the new one', async () => {
  const builder = network();
  for (const { name, dims } of builder.graph.weights) {
    builder.graph.inputs.push({ name, dtype: 'float32', dims });
  }
  const { from, to, model } = await halve(writeOnnx(builder.graph));
  assert.deepEqual(
    model.graph.inputs.map(({ name }) => name),
    ['images'],
  );
  assert.ok(furthest(await run(from), await run(to)) < 0.02);
});

test('bytes at the input and halves inside go together', async () => {
  const { to } = await halve(writeOnnx(network().graph));
  const normalisation = {
    ...({ layout: 'nchw', channelOrder: 'rgb', scale: 1 / 255 } as const),
    ...{ mean: [0.5, 0.5, 0.5], std: [0.2, 0.2, 0.2] },
  };
  const plain = await openClassifier(to, onCpu);
  const bytes = await openClassifier(to, { ...onCpu, normalisation });
  const black = new Float32Array(3 * side * side).fill(-0.5 / 0.2);
  assert.deepEqual(await bytes.run(new Uint8Array(black.length), 1), await plain.run(black, 1));
  await plain.close();
  await bytes.close();
});

test('a graph without a rule for every operator is refused, and so is one without float32 weights', async () => {
  const refusal = async (bytes: Uint8Array) => {
    const from = await save(bytes);
    const error = await convertToHalf(from, `${from}.fp16.onnx`).catch((thrown: unknown) => thrown);
    assert.ok(error instanceof TopfiveError && error.exitCode === 2);
    assert.ok(error.message.startsWith(`fp16 cannot be made of ${from}: it `));
    return error.message;
  };
  const strange = network((inside, features) => inside.node('Bernoulli', [features]));
  assert.match(
    await refusal(writeOnnx(strange.graph)),
    /has the operator Bernoulli, for which there is no rule/,
  );
  const { to } = await halve(writeOnnx(network().graph));
  assert.match(await refusal(await readFile(to)), /has no float32 weights/);
});
