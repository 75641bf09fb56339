import assert from 'node:assert/strict';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { TopfiveError } from '../../src/errors.ts';
import type { Sized } from '../../src/models/architectures/architecture.ts';
import { seededWeights } from '../../src/models/architectures/seeded.ts';
import { buildModel, networkOf } from '../../src/models/build.ts';
import { costOf } from '../../src/onnx/cost.ts';
import { readOnnx } from '../../src/onnx/read.ts';
import { openClassifier } from '../../src/onnx/session.ts';

const folder = await mkdtemp(join(tmpdir(), 'topfive-build-'));
after(() => rm(folder, { recursive: true }));

/** A few KB: what every building needs to be tested with. */
const tiny: Sized = {
  architecture: {
    family: 'efficientnet',
    width: 0.1,
    depth: 0.1,
    squeezeExcite: true,
    padding: 'same',
  },
  side: 32,
  classes: 7,
};

for (const id of ['EfficientNetB0', 'EfficientNetB0_small']) {
  test(`${id} is built into a file whose logits are finite and spread`, async () => {
    const path = join(folder, `${id}.onnx`);
    await buildModel(id, { path, weights: { seed: 1 } });
    const expected = { side: 224, layout: 'nchw', classes: 1000 } as const;
    const session = await openClassifier(path, { threads: 1, device: 'cpu', expected });
    const noise = seededWeights(2)({
      name: 'images',
      dims: [3, 3, 224, 224],
      init: { mean: 0, deviation: 1 },
    });
    const logits = await session.run(noise, 3);
    await session.close();
    assert.deepEqual(session.input, { name: 'input', dtype: 'float32', dims: ['N', 3, 224, 224] });
    assert.deepEqual(
      [session.output, session.fixedBatch],
      [{ name: 'logits', classes: 1000 }, null],
    );
    assert.ok(logits.every(Number.isFinite));
    for (const row of [0, 1, 2]) {
      const deviation = deviationOf(logits.subarray(row * 1000, (row + 1) * 1000));
      assert.ok(deviation > 0.3 && deviation < 10, `${deviation}`);
    }
    assert.notDeepEqual(logits.subarray(0, 1000), logits.subarray(1000, 2000));
  });
}

function deviationOf(values: Float32Array): number {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const square = values.reduce((sum, value) => sum + (value - mean) ** 2, 0);
  return Math.sqrt(square / values.length);
}

test('the file holds every tensor under its name, and each normalisation as its own node', async () => {
  const path = join(folder, 'tiny.onnx');
  await buildModel(tiny, { path, weights: { seed: 3 } });
  const { graph } = readOnnx(await readFile(path), path);
  const network = networkOf(tiny);
  assert.deepEqual(
    graph.initializers.map(({ name, dims }) => [name, dims]),
    network.tensors.map(({ name, dims }) => [name, dims]),
  );
  const norms = graph.nodes.filter(({ op }) => op === 'BatchNormalization');
  assert.equal(
    norms.length,
    network.tensors.filter(({ name }) => /running_var$/.test(name)).length,
  );
  const read = costOf({ ...graph, weights: graph.initializers }, [1, 3, 32, 32]);
  const described = { inputs: graph.inputs, weights: network.tensors, nodes: network.nodes };
  assert.equal(read.params, costOf(described, [1, 3, 32, 32]).params);
});

test('a seed names the weights: the same bytes again, others with another seed', async () => {
  const files = ['a', 'b', 'c'].map((name) => join(folder, `${name}.onnx`));
  for (const [index, seed] of [4, 4, 5].entries()) {
    await buildModel(tiny, { path: files[index], weights: { seed } });
  }
  const [first, again, other] = await Promise.all(files.map((file) => readFile(file)));
  assert.ok(first.equals(again));
  assert.ok(!first.equals(other));
});

test('a source is asked for one tensor at a time, in the order of the network', async () => {
  const asked: string[] = [];
  const seeded = seededWeights(1);
  let busy = false;
  await buildModel(tiny, {
    path: join(folder, 'asked.onnx'),
    weights: async (tensor) => {
      assert.ok(!busy);
      busy = true;
      asked.push(tensor.name);
      await new Promise((resolve) => setImmediate(resolve));
      busy = false;
      return seeded(tensor);
    },
  });
  assert.deepEqual(
    asked,
    networkOf(tiny).tensors.map(({ name }) => name),
  );
});

const refused = [
  ['an unknown card', 'EfficientNetB9', 'usage', /no card "EfficientNetB9".*EfficientNetB0/],
  ['weights of another shape', tiny, 'model', /conv_stem\.weight \[8, 3, 3, 3\] needs 216.*1 were/],
] as const;

for (const [what, model, kind, sentence] of refused) {
  test(`${what} is refused in one sentence, and nothing is written`, async () => {
    const before = await readdir(folder);
    const path = join(folder, 'refused.onnx');
    await assert.rejects(
      buildModel(model, { path, weights: () => new Float32Array(1) }),
      (error) =>
        error instanceof TopfiveError && error.kind === kind && sentence.test(error.message),
    );
    assert.deepEqual(await readdir(folder), before);
  });
}

async function logitsOf(path: string): Promise<Float32Array> {
  const session = await openClassifier(path, { threads: 1, device: 'cpu' });
  const noise = seededWeights(2)({
    name: 'images',
    dims: [1, 3, 32, 32],
    init: { mean: 0, deviation: 1 },
  });
  const logits = await session.run(noise, 1);
  await session.close();
  return logits;
}

test('weights beside the file give the same logits, each tensor on a page of its own', async () => {
  const inside = join(folder, 'inside.onnx');
  const beside = join(folder, 'beside.onnx');
  await buildModel(tiny, { path: inside, weights: { seed: 3 } });
  await buildModel(tiny, { path: beside, weights: { seed: 3 }, externalData: true });
  assert.deepEqual(await logitsOf(beside), await logitsOf(inside));
  const bytes = await readFile(beside);
  const { graph } = readOnnx(bytes, beside);
  assert.ok(graph.initializers.every(({ data }) => data === null));
  const offsets = [...bytes.toString('latin1').matchAll(/offset..(\d+)/gs)].map(([, digits]) =>
    Number(digits),
  );
  assert.equal(offsets.length, networkOf(tiny).tensors.length);
  assert.ok(
    offsets.every((offset, place) => offset % 4096 === 0 && offset > (offsets[place - 1] ?? -1)),
  );
});

test('weights of more than 2 GiB go beside the file, and a failure leaves nothing', async () => {
  const before = await readdir(folder);
  const path = join(folder, 'large.onnx');
  const failing = buildModel('ResNeXt101_32x48d_wsl', {
    path,
    weights: async () => {
      const drafts = (await readdir(folder)).filter((name) => !before.includes(name));
      assert.match(drafts.join(), /^\.large\.onnx\.data\./);
      throw new TopfiveError('model', 'no more weights');
    },
  });
  await assert.rejects(failing, /no more weights/);
  assert.deepEqual(await readdir(folder), before);
});

test('an interrupt leaves the files of before as they were', async () => {
  const path = join(folder, 'interrupted.onnx');
  await buildModel(tiny, { path, weights: { seed: 1 }, externalData: true });
  const files = [path, `${path}.data`];
  const contents = () => Promise.all(files.map((file) => readFile(file)));
  const [before, names] = [await contents(), await readdir(folder)];
  const interrupt = new AbortController();
  const building = buildModel(tiny, {
    path,
    weights: { seed: 2 },
    externalData: true,
    signal: interrupt.signal,
    onProgress: ({ done, total }) => done > total / 2 && interrupt.abort(),
  });
  await assert.rejects(
    building,
    (error) => error instanceof TopfiveError && error.kind === 'cancelled',
  );
  assert.deepEqual(await contents(), before);
  assert.deepEqual(await readdir(folder), names);
});

test('a place that cannot be written is one sentence, before a tensor is asked for', async () => {
  const weights = () => assert.fail('nothing to ask for');
  await assert.rejects(
    buildModel(tiny, { path: join(folder, 'nowhere', 'model.onnx'), weights }),
    (error) => error instanceof TopfiveError && error.kind === 'output',
  );
});
