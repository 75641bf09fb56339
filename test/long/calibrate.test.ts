import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { classes, correct, specText, writeSmallSet } from '../cli/small-set.ts';
import { makePlace } from '../cli/topfive.ts';
import { tinyModel } from '../models/tiny-model.ts';

const place = makePlace();
const at = (...path: string[]) => join(place.directory, ...path);
before(async () => {
  await writeSmallSet(place.directory);
  writeFileSync(at('noisy.onnx'), tinyModel({ side: 20, classes, noise: 0.6 }));
  writeFileSync(at('noisy.yaml'), specText().replaceAll('tiny.onnx', 'noisy.onnx'));
});
after(() => place.remove());

async function compare(baseline: string, candidate: string) {
  const { stdout } = await place.topfive('compare', baseline, candidate, '--json');
  const { models, notes } = JSON.parse(stdout);
  return { top1: models[0].metrics.top1, notes };
}

test('three repeats that agree to the byte show that there is no noise', async () => {
  const { code, stdout, stderr } = await place.topfive(
    'calibrate',
    'spec.yaml',
    '--workers',
    '1',
    '--json',
  );
  assert.equal(code, 0, stderr);
  for (const each of JSON.parse(stdout)) {
    assert.equal(each.runs.length, 3);
    assert.equal(each.identical, true);
    assert.deepEqual(each.flips, []);
    assert.deepEqual(each.correct.top1, [correct, correct, correct]);
    assert.deepEqual(each.noise, { top1: 0, top5: 0 });
  }
  const [first, second] = JSON.parse(stdout)[0].runs;
  const { top1 } = await compare(first, second);
  assert.deepEqual([top1.calibrated, top1.noise, top1.verdict], [true, 0, 'pass']);
});

test('repeats that differ go on to five, and their spread is the noise of every comparison', async () => {
  const { code, stdout, stderr } = await place.topfive(
    'calibrate',
    'noisy.yaml',
    '--workers',
    '2',
    '--json',
  );
  assert.equal(code, 0, stderr);
  const [noisy] = JSON.parse(stdout);
  assert.equal(noisy.runs.length, 5);
  assert.equal(noisy.identical, false);
  assert.ok(noisy.flips.length > 0 && noisy.noise.top1 > 0);
  assert.equal(new Set(noisy.correct.top1).size > 1 || noisy.flips.length > 0, true);
  const { top1 } = await compare(noisy.runs[0], noisy.runs[1]);
  assert.equal(top1.calibrated, true);
  assert.equal(top1.noise, noisy.noise.top1);
});

test('what was calibrated under other conditions does not count', async () => {
  const run = await place.topfive(
    'run',
    'spec.yaml',
    '--workers',
    '1',
    '--batch-size',
    '8',
    '--json',
  );
  const { runId } = JSON.parse(run.stdout);
  const { top1 } = await compare(runId, runId);
  assert.equal(top1.calibrated, false);
});

for (const [args, told] of [
  [['spec.yaml', '--repeats', '4'], /whole number of at least 5/],
  [['spec.yaml', '--workers', '0'], /starts new workers for every repeat/],
  [['absent.yaml'], /there is no such file/],
  [[], /missing required argument/],
] as const) {
  test(`calibrate ${args.join(' ')} is refused in one sentence`, async () => {
    const { code, stderr } = await place.topfive('calibrate', ...args);
    assert.equal(code, 2, stderr);
    assert.match(stderr, told);
    assert.match(stderr, /^error: [^\n]+\n$/);
  });
}
