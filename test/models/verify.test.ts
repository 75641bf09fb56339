import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import type { Sized } from '../../src/models/architectures/architecture.ts';
import { seededWeights } from '../../src/models/architectures/seeded.ts';
import { buildModel, type WeightSource } from '../../src/models/build.ts';
import { requireCard } from '../../src/models/cards.ts';
import { goldenLogits } from '../../src/models/verify/golden-logits.ts';
import { verifyModel } from '../../src/models/verify/verify-model.ts';
import { goldenModels, goldenWeights } from '../fixtures/architectures/models.ts';

const folder = await mkdtemp(join(tmpdir(), 'topfive-verify-'));
after(() => rm(folder, { recursive: true }));
const path = join(folder, 'model.onnx');

const seeded = seededWeights(1);

/** The checks of a model by name, held against a card. */
async function verify(id: string, model: string | Sized, weights: WeightSource = seeded) {
  await buildModel(model, { path, weights });
  const { checks } = await verifyModel(path, requireCard(id));
  return new Map(checks.map(({ name, ...check }) => [name, check]));
}

const failing = (checks: Awaited<ReturnType<typeof verify>>) =>
  [...checks].filter(([, { status }]) => status === 'fail').map(([name]) => name);

for (const id of ['EfficientNetB0', 'EfficientNetB0_small'] as const) {
  test(`${id} with the weights that PyTorch was asked about passes every check`, async () => {
    const checks = await verify(id, goldenModels[id], goldenWeights);
    assert.deepEqual(failing(checks), []);
    assert.match(checks.get('golden logits')?.finding ?? '', /^within \d\.\de-\d of timm/);
    assert.ok([...checks.values()].every(({ status }) => status === 'ok'));
  });
}

test('the golden logits that ship are those of the fixture', async () => {
  const file = new URL('../fixtures/architectures/golden.json', import.meta.url);
  const golden = JSON.parse(await readFile(file, 'utf8'));
  assert.deepEqual(
    goldenLogits.map(({ logits }) => logits),
    [golden.EfficientNetB0, golden.EfficientNetB0_small],
  );
});

test('an artifact of which no other framework knows the logits is not failed for that', async () => {
  const checks = await verify('EfficientNetB0', 'EfficientNetB0');
  assert.deepEqual(failing(checks), []);
  assert.equal(checks.get('golden logits')?.status, 'skip');
});

/** B0 at its size, with something of another. */
const b0 = {
  family: 'efficientnet',
  width: 1,
  depth: 1,
  squeezeExcite: true,
  padding: 'same',
} as const;

test('padding of another kind is found, though every shape is the same', async () => {
  const architecture = { ...b0, padding: 'symmetric' as const };
  const checks = await verify('EfficientNetB0', { architecture, side: 224, classes: 1000 });
  assert.deepEqual(failing(checks), ['padding']);
  assert.match(
    checks.get('padding')?.finding ?? '',
    /pads \[1,1,1,1\].* the card has pads \[0,0,1,1\]/,
  );
});

test('missing layers are found', async () => {
  const checks = await verify('EfficientNetB0', 'EfficientNetB0_small');
  assert.deepEqual(failing(checks), ['operators', 'shapes', 'padding', 'parameters', 'MACs']);
  assert.equal(
    checks.get('operators')?.finding,
    '49 Conv, 1 Gemm, but the card has 81 Conv, 1 Gemm',
  );
});

test('another epsilon is found', async () => {
  await buildModel('EfficientNetB0', { path, weights: seeded });
  const bytes = await readFile(path);
  const from = Buffer.from(new Uint8Array(Float32Array.of(1e-3).buffer));
  const to = Buffer.from(new Uint8Array(Float32Array.of(1e-5).buffer));
  const name = Buffer.from('epsilon');
  for (let at = bytes.indexOf(name); at >= 0; at = bytes.indexOf(name, at + 1)) {
    const value = bytes.indexOf(from, at);
    if (value - at < 12) to.copy(bytes, value);
  }
  await writeFile(path, bytes);
  const { checks } = await verifyModel(path, requireCard('EfficientNetB0'));
  const found = checks.filter(({ status }) => status === 'fail');
  assert.deepEqual(found, [
    { name: 'epsilon', status: 'fail', finding: '0.00001, but the card has 0.001' },
  ]);
});

test('another number of classes, and another size, are found', async () => {
  const classes = await verify('EfficientNetB0', { architecture: b0, side: 224, classes: 1001 });
  assert.match(classes.get('answers')?.finding ?? '', /expected to have 1000 classes/);
  const side = await verify('EfficientNetB0', { architecture: b0, side: 240, classes: 1000 });
  assert.match(side.get('answers')?.finding ?? '', /240 × 240.*224 × 224/);
});

test('logits that are no numbers are found, and logits that are all the same', async () => {
  const last =
    (change: (values: Float32Array) => Float32Array): WeightSource =>
    (tensor) =>
      tensor.name.startsWith('classifier.') ? change(seeded(tensor)) : seeded(tensor);
  const nan = await verify(
    'EfficientNetB0',
    'EfficientNetB0',
    last((values) => values.fill(NaN)),
  );
  assert.match(nan.get('forward pass')?.finding ?? '', /^logit 0 is NaN$/);
  const zero = await verify(
    'EfficientNetB0',
    'EfficientNetB0',
    last((values) => values.fill(0)),
  );
  assert.equal(zero.get('forward pass')?.status, 'fail');
});

test('what is no ONNX file fails the checks, and what is not there is an error', async () => {
  await writeFile(path, 'no model');
  const { checks } = await verifyModel(path, requireCard('EfficientNetB0'));
  assert.ok(checks.length > 0 && checks.every(({ status }) => status === 'fail'));
  await assert.rejects(verifyModel(join(folder, 'no.onnx'), requireCard('EfficientNetB0')), {
    kind: 'model',
  });
});
