import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
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
  ['a file beyond 2 GiB', 'ResNeXt101_32x48d_wsl', 'model', /3\.3 GB of weights/],
] as const;

for (const [what, model, kind, sentence] of refused) {
  test(`${what} is refused in one sentence, and nothing is written`, async () => {
    const path = join(folder, 'refused.onnx');
    await assert.rejects(
      buildModel(model, { path, weights: () => new Float32Array(1) }),
      (error) =>
        error instanceof TopfiveError && error.kind === kind && sentence.test(error.message),
    );
    await assert.rejects(readFile(path), { code: 'ENOENT' });
  });
}
