import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { TopfiveError } from '../../src/errors.ts';
import { GraphBuilder } from '../../src/onnx/graph.ts';
import { openClassifier, runtimeVersion } from '../../src/onnx/session.ts';
import { writeOnnx } from '../../src/onnx/write.ts';
import { type TinyModel, tinyColour, tinyModel } from '../models/tiny-model.ts';

let folder: string;
before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'topfive-onnx-'));
});
after(() => rm(folder, { recursive: true }));

const side = 8;
const classes = 20;
const fits = { side, layout: 'nchw', classes } as const;
const onCpu = { threads: 1, device: 'cpu' } as const;

async function save(name: string, bytes: Uint8Array): Promise<string> {
  const path = join(folder, `${name}.onnx`);
  await writeFile(path, bytes);
  return path;
}

const saveTiny = (name: string, change: Partial<TinyModel> = {}) =>
  save(name, tinyModel({ side, classes, ...change }));

/** Images of one colour each, nchw. */
function paint(colours: number[][]): Float32Array {
  const plane = side * side;
  return Float32Array.from(
    colours.flatMap((colour) => colour.flatMap((value) => Array<number>(plane).fill(value))),
  );
}

function argmax(row: Float32Array): number {
  return row.indexOf(Math.max(...row));
}

async function refusal(path: string, expected?: Parameters<typeof openClassifier>[1]['expected']) {
  const opening = openClassifier(path, expected ? { ...onCpu, expected } : onCpu);
  const error = await opening.then(
    () => assert.fail('it was opened'),
    (thrown: unknown) => thrown,
  );
  assert.ok(error instanceof TopfiveError, String(error));
  assert.equal(error.kind, 'model');
  assert.ok(error.message.includes(path), error.message);
  assert.match(error.message, /\.$/);
  return error.message;
}

test('the runtime names itself and its version', () => {
  assert.equal(runtimeVersion, 'onnxruntime-node 1.30.0');
});

test('a batch gives the logits of each of its images', async () => {
  const session = await openClassifier(await saveTiny('plain'), { ...onCpu, expected: fits });
  try {
    assert.deepEqual(session.input, {
      name: 'images',
      dtype: 'float32',
      dims: ['batch', 3, side, side],
    });
    assert.deepEqual(session.output, { name: 'logits', classes });
    assert.equal(session.provider, 'cpu');
    assert.equal(session.fixedBatch, null);
    const wanted = [7, 0, 19];
    const logits = await session.run(paint(wanted.map((index) => tinyColour(index))), 3);
    assert.equal(logits.length, 3 * classes);
    const answers = wanted.map((_, row) =>
      argmax(logits.subarray(row * classes, (row + 1) * classes)),
    );
    assert.deepEqual(answers, wanted);
  } finally {
    await session.close();
  }
});

test('an image gives the same logits in any batch', async () => {
  const session = await openClassifier(await saveTiny('rows'), { ...onCpu, expected: fits });
  try {
    const colours = [3, 14, 15, 9].map((index) => tinyColour(index));
    const together = await session.run(paint(colours), 4);
    for (const [row, colour] of colours.entries()) {
      const alone = await session.run(paint([colour]), 1);
      assert.deepEqual(alone, together.slice(row * classes, (row + 1) * classes));
    }
  } finally {
    await session.close();
  }
});

test('nhwc, pooled logits, a fixed batch and an open size are understood', async () => {
  const cases: [string, Partial<TinyModel>, number | null][] = [
    ['nhwc', { layout: 'nhwc' }, null],
    ['pooled', { pooled: true }, null],
    ['fixed', { batch: 4 }, 4],
  ];
  for (const [name, change, fixedBatch] of cases) {
    const path = await saveTiny(name, change);
    const expected = { ...fits, layout: change.layout ?? 'nchw' };
    const session = await openClassifier(path, { ...onCpu, expected });
    assert.equal(session.output.classes, classes);
    assert.equal(session.fixedBatch, fixedBatch);
    await session.close();
  }
  const builder = new GraphBuilder('open');
  const images = builder.input('images', ['n', 3, 'h', 'w']);
  const pooled = builder.node('Flatten', [builder.node('GlobalAveragePool', [images])]);
  builder.output('logits', pooled, ['n', 'c']);
  const open = await openClassifier(await save('open', writeOnnx(builder.graph)), {
    ...onCpu,
    expected: { side: 33, layout: 'nchw' },
  });
  assert.deepEqual(open.output, { name: 'logits', classes: 3 });
  assert.equal((await open.run(new Float32Array(2 * 3 * 33 * 33), 2)).length, 6);
  await open.close();
});

test('a head of classes + 1 outputs is opened when that is expected', async () => {
  const path = await saveTiny('background', { background: true });
  const session = await openClassifier(path, {
    ...onCpu,
    expected: { ...fits, classes: classes + 1 },
  });
  assert.equal(session.output.classes, classes + 1);
  await session.close();
  assert.match(await refusal(path, fits), /expected to have 20 classes, but gives "logits"/);
});

test('a missing, empty, truncated or foreign file is refused, each with its own reason', async () => {
  assert.match(await refusal(join(folder, 'nowhere.onnx')), /does not exist/);
  assert.match(await refusal(folder), /is not a file/);
  assert.match(await refusal(await save('empty', new Uint8Array())), /is empty/);
  const whole = tinyModel({ side, classes });
  assert.match(
    await refusal(await save('cut', whole.subarray(0, whole.length - 100))),
    /could not be loaded/,
  );
  assert.match(await refusal(await save('text', Buffer.from('a page'))), /could not be loaded/);
});

test('an unsuitable input is refused before any image is read, saying what does not fit', async () => {
  const refused = async (name: string, change: Partial<TinyModel>) =>
    refusal(await saveTiny(name, change), fits);
  assert.match(await refused('uint8', { dtype: 'uint8' }), /takes uint8 .* float32 was expected/);
  assert.match(await refused('float16', { dtype: 'float16' }), /takes float16/);
  assert.match(await refused('grey', { channels: 1 }), /must take 3 channels/);
  assert.match(await refused('size', { side: 9 }), /images of 9 × 9 .* recipe crops 8 × 8/);
  assert.match(await refused('swapped', { layout: 'nhwc' }), /set layout: nhwc/);
  assert.match(await refused('inputs', { twoInputs: true }), /one input.* 2 \(images, scale\)/);
  assert.match(await refused('heads', { twoHeads: true }), /"logits".*"auxiliary"/);
});

test('a graph without a classification head is refused', async () => {
  const builder = new GraphBuilder('features');
  const images = builder.input('images', ['n', 3, side, side]);
  builder.output('features', builder.node('Relu', [images]), ['n', 3, side, side]);
  const path = await save('features', writeOnnx(builder.graph));
  assert.match(await refusal(path, fits), /its outputs for 1 image are "features" float32/);
});

test('a graph that loads but cannot run is refused at opening', async () => {
  const builder = new GraphBuilder('stuck');
  const images = builder.input('images', ['n', 3, 'h', 'w']);
  const flat = builder.node('Reshape', [images, builder.integers([-1, 7])]);
  builder.output('logits', flat, ['n', 7]);
  const path = await save('stuck', writeOnnx(builder.graph));
  assert.match(await refusal(path, { side, layout: 'nchw' }), /does not run on images of shape/);
});

test('a device that is not there is told from a broken model, and what works is said', async (t) => {
  const path = await saveTiny('device');
  for (const device of ['cuda', 'tensorrt', 'webgpu'] as const) {
    try {
      const session = await openClassifier(path, { threads: 1, device, expected: fits });
      await session.close();
      t.diagnostic(`${device} works here`);
    } catch (error) {
      assert.ok(error instanceof TopfiveError);
      assert.match(error.message, /loads on the CPU, but the device .* choose --device cpu/);
    }
  }
});

test('the CPU computes where the pixels are, so there is nothing to hold on it', async () => {
  const session = await openClassifier(await saveTiny('held'), onCpu);
  assert.equal(session.hold, null);
  await session.close();
});
