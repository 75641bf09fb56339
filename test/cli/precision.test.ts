import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { GraphBuilder } from '../../src/onnx/graph.ts';
import { writeOnnx } from '../../src/onnx/write.ts';
import type { RunRecord } from '../../src/scoring/run-record.ts';
import { tinyModel } from '../models/tiny-model.ts';
import { classes, correct, images, specText, writeSmallSet } from './small-set.ts';
import { makePlace } from './topfive.ts';

const place = makePlace();
const at = (...path: string[]) => join(place.directory, ...path);
const both = ['--precision', 'fp32,fp16'];
let record: RunRecord;

before(async () => {
  await writeSmallSet(place.directory);
  const run = await place.topfive(
    'run',
    'spec.yaml',
    ...both,
    '--workers',
    '1',
    '--out',
    'out',
    '--json',
  );
  assert.equal(run.code, 0, run.stderr);
  record = JSON.parse(run.stdout);
});
after(() => place.remove());

test('a run at both precisions has every model twice, and says what fp16 is on the CPU', () => {
  assert.deepEqual(
    record.models.map(({ id, precision, artifact, conditions }) => [
      ...[id, precision, artifact.name, conditions.arithmetic],
    ]),
    ['tiny', 'again'].flatMap((id) => [
      [id, 'fp32', 'tiny.onnx', 'fp32'],
      [id, 'fp16', 'tiny.fp16.onnx', 'fp32'],
    ]),
  );
  const [full, half] = record.models;
  assert.equal(full.conversion, null);
  assert.deepEqual(half.conversion, {
    ...{ from: full.artifact.sha256, values: 4 * classes },
    ...{ clamped: 0, clampedIn: [], flushed: 0 },
  });
  assert.notEqual(half.artifact.sha256, full.artifact.sha256);
});

test('it shows the difference image by image, in every report', () => {
  assert.deepEqual(
    record.precisions.map(({ id }) => id),
    ['tiny', 'again'],
  );
  const [pair] = record.precisions;
  assert.equal(pair.top1.images, images);
  assert.equal(pair.top1.baseline, correct);
  assert.equal(pair.agreement.identical, false);
  assert.match(
    readFileSync(at('out/report.md'), 'utf8'),
    /## Precision\n[^#]*: fp16 weights, fp32 arithmetic \(provider cpu\)[^#]*\| tiny \| /,
  );
  assert.match(readFileSync(at('out/report.html'), 'utf8'), /<h2>Precision<\/h2>/);
});

test('the answers of each precision are files of their own', async () => {
  const asked = (...args: string[]) =>
    place.topfive('predictions', './out', '--model', 'tiny', ...args);
  const [full, half] = await Promise.all(['fp32', 'fp16'].map((p) => asked('--precision', p)));
  assert.equal(full.stdout.split('\n').length, images + 2);
  assert.equal(half.stdout.split('\n').length, images + 2);
  assert.notEqual(half.stdout, full.stdout);
  const neither = await asked();
  assert.equal(neither.code, 2);
});

test('fp16 alone, made anew in another cache, is the same artifact with the same answers', async () => {
  const other = makePlace();
  try {
    await writeSmallSet(other.directory);
    const { code, stdout, stderr } = await other.topfive(
      ...['run', 'spec.yaml', '--precision', 'fp16', '--workers', '1', '--json'],
    );
    assert.equal(code, 0, stderr);
    const alone: RunRecord = JSON.parse(stdout);
    assert.deepEqual(
      alone.models.map(({ precision }) => precision),
      ['fp16', 'fp16'],
    );
    assert.deepEqual(alone.models[0].artifact, record.models[1].artifact);
    assert.deepEqual(alone.models[0].accuracy, record.models[1].accuracy);
    assert.deepEqual(alone.precisions, []);
  } finally {
    other.remove();
  }
});

test('a weight of 1e6 is clamped, and the report names its tensor', async () => {
  const builder = new GraphBuilder('large');
  const input = builder.input('images', ['N', 3, 20, 20]);
  const features = builder.node('Flatten', [builder.node('GlobalAveragePool', [input])]);
  const head = Float32Array.from({ length: 3 * classes }, (_, index) =>
    index === 4 ? 1e6 : index,
  );
  builder.output('logits', builder.node('Gemm', [features, builder.weights([3, classes], head)]), [
    'N',
    classes,
  ]);
  writeFileSync(at('large.onnx'), writeOnnx(builder.graph));
  writeFileSync(at('large.yaml'), specText().replaceAll('tiny.onnx', 'large.onnx'));
  const { code, stdout, stderr } = await place.topfive(
    ...['run', 'large.yaml', '--precision', 'fp16', '--workers', '1', '--out', 'large', '--json'],
  );
  assert.equal(code, 0, stderr);
  const [{ conversion }] = (JSON.parse(stdout) as RunRecord).models;
  assert.deepEqual([conversion?.clamped, conversion?.clampedIn], [1, ['weights_0']]);
  assert.match(
    readFileSync(at('large/report.md'), 'utf8'),
    /of which 1 clamped to ±65504 \(in weights_0\)/,
  );
});

test('what cannot be made fp16, and what is no precision, is refused in a sentence', async () => {
  const refused = async (spec: string, flags: string[], expected: RegExp) => {
    writeFileSync(at('refused.yaml'), spec);
    const { code, stderr } = await place.topfive('run', 'refused.yaml', ...flags);
    assert.equal(code, 2, stderr);
    assert.match(stderr, expected);
    assert.match(stderr, /^error: [^\n]+\n$/);
  };
  await refused(
    specText('precision: [fp16, fp16]\n'),
    [],
    /precision: each precision may stand there once/,
  );
  await refused(specText('precision: [fp8]\n'), [], /precision\.0: .*fp32/);
  await refused(
    specText(),
    ['--precision', 'int8'],
    /--precision <list>.*'int8'.*fp32, fp16 or both/,
  );

  writeFileSync(at('bytes.onnx'), tinyModel({ side: 20, classes, dtype: 'uint8' }));
  const bytes = specText().replaceAll('tiny.onnx', 'bytes.onnx');
  await refused(bytes, both, /bytes\.onnx takes uint8 at its input "images"/);
  writeFileSync(at('halves.onnx'), tinyModel({ side: 20, classes, dtype: 'float16' }));
  const halves = specText().replaceAll('tiny.onnx', 'halves.onnx');
  await refused(halves, both, /halves\.onnx takes float16 at its input "images"/);

  const strange = new GraphBuilder('strange');
  const pooled = strange.node('GlobalAveragePool', [strange.input('images', ['N', 3, 20, 20])]);
  const random = strange.node('Bernoulli', [
    strange.node('Sigmoid', [strange.node('Flatten', [pooled])]),
  ]);
  const head = strange.weights([3, classes], new Float32Array(3 * classes));
  strange.output('logits', strange.node('Gemm', [random, head]), ['N', classes]);
  writeFileSync(at('strange.onnx'), writeOnnx(strange.graph));
  const spec = specText().replaceAll('tiny.onnx', 'strange.onnx');
  await refused(
    spec,
    both,
    /fp16 cannot be made of \S+strange\.onnx: it has the operator Bernoulli/,
  );
});
