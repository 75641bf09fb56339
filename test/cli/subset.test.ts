import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import type { RunRecord } from '../../src/scoring/run-record.ts';
import { classes, images, specText, writeSmallSet } from './small-set.ts';
import { makePlace } from './topfive.ts';

const place = makePlace();
const at = (...path: string[]) => join(place.directory, ...path);
before(() => writeSmallSet(place.directory));
after(() => place.remove());

async function runWith(subset: string) {
  writeFileSync(at('subset.yaml'), specText(`subset: ${subset}\n`));
  return place.topfive('run', 'subset.yaml', '--workers', '1', '--out', 'out', '--json');
}

test('a run of a subset says in every report which share of which set it measured', async () => {
  const { code, stdout, stderr } = await runWith('{ size: 20, seed: 5, stratify: class }');
  assert.equal(code, 0, stderr);
  const { dataset, models }: RunRecord = JSON.parse(stdout);
  const { of, ...drawn } = dataset.subset ?? assert.fail('no subset in the record');
  assert.deepEqual(drawn, { size: 20, seed: 5, stratify: 'class' });
  assert.equal(of.images, images);
  assert.notEqual(of.digest, dataset.digest);
  assert.equal(models[0].accuracy.expected, 20);
  assert.ok(models[0].perClass.length >= classes - 1);
  const words = '20 of 40 images (50.00%, drawn by seed 5, every class its share)';
  for (const file of ['report.md', 'report.html']) {
    assert.ok(readFileSync(at('out', file), 'utf8').includes(words), file);
  }
  const plan = JSON.parse(
    readFileSync(at('.topfive/runs', JSON.parse(stdout).runId, 'plan.json'), 'utf8'),
  );
  assert.deepEqual(plan.dataset.subset, dataset.subset);
});

for (const [subset, told] of [
  ['{ size: 41 }', /subset\.size is 41, but the dataset has 40 images/],
  ['{ size: 0 }', /subset\.size: /],
  ['{ size: 4, seed: -1 }', /subset\.seed: /],
  ['{ size: 4, stratify: label }', /subset\.stratify: .*"class"/],
  ['{ share: 0.1 }', /subset/],
] as const) {
  test(`subset: ${subset} is refused in one sentence`, async () => {
    const { code, stdout, stderr } = await runWith(subset);
    assert.equal(code, 2);
    assert.equal(stdout, '');
    assert.match(stderr, told);
    assert.match(stderr, /^error: [^\n]+\n$/);
  });
}
