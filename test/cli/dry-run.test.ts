import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import type { Estimate } from '../../src/jobs/estimate.ts';
import type { ShardRecord } from '../../src/scoring/records.ts';
import { images, specText, writeSmallSet } from './small-set.ts';
import { makePlace } from './topfive.ts';

const place = makePlace();
before(() => writeSmallSet(place.directory));
after(() => place.remove());

async function estimate(...args: string[]): Promise<Estimate> {
  const { code, stdout, stderr } = await place.topfive('submit', ...args, '--dry-run', '--json');
  assert.equal(code, 0, stderr);
  return JSON.parse(stdout);
}

const sizeOf = (...path: string[]) => statSync(join(place.directory, ...path)).size;

test('before a first run the estimate has shards, groups, bytes and MACs, and leaves no trace', async () => {
  const expected = await estimate('spec.yaml');
  const { shards, imagesPerShard, groups, jobs, bytes, macs, models } = expected;
  assert.equal(expected.images, images);
  assert.deepEqual({ shards, imagesPerShard, jobs }, { shards: 4, imagesPerShard: 10, jobs: 4 });
  const artifact = sizeOf('tiny.onnx');
  assert.deepEqual(groups, [{ models: ['tiny fp32', 'again fp32'], artifactBytes: 2 * artifact }]);
  const inFiles = readdirSync(join(place.directory, 'val'))
    .map((name) => sizeOf('val', name))
    .reduce((sum, size) => sum + size, 0);
  assert.deepEqual(bytes, { images: inFiles, unsized: 0, artifacts: 2 * artifact });
  assert.equal(macs, images * models.reduce((sum, model) => sum + (model.macs ?? 0), 0));
  assert.equal(expected.deviceSeconds, null);
  assert.equal(expected.price, null);
  assert.equal(existsSync(join(place.directory, '.topfive')), false);
  const told = await place.topfive('submit', 'spec.yaml', '--dry-run', '--hourly-rate', '0.5');
  assert.match(
    told.stdout,
    /^Time: +not known: no run in this store has evaluated tiny fp32, again fp32$/m,
  );
  assert.match(told.stdout, /^Price: +not known, because the time is not$/m);
});

test('after a run the time is what its shards took, and the price follows', async () => {
  const run = await place.topfive('run', 'spec.yaml', '--workers', '1', '--json');
  assert.equal(run.code, 0, run.stderr);
  const { runId } = JSON.parse(run.stdout);
  const records = join(place.directory, '.topfive/runs', runId, 'records/tiny.fp32');
  const wallMs = readdirSync(records)
    .map((name): ShardRecord => JSON.parse(readFileSync(join(records, name), 'utf8')))
    .reduce((sum, { timings }) => sum + timings.wallMs, 0);
  const { deviceSeconds, price, models, workers } = await estimate(
    ...['spec.yaml', '--hourly-rate', '0.6', '--launch', 'local:2'],
  );
  assert.ok(Math.abs(deviceSeconds! * 1000 - wallMs) < 1e-6 * wallMs, 'both models, once a shard');
  assert.deepEqual(
    models.map(({ measured }) => measured?.runId),
    [runId, runId],
  );
  assert.equal(workers.count, 2);
  assert.ok(Math.abs(price!.amount - (0.6 * price!.paidSeconds) / 3600) < 1e-12);
  assert.ok(price!.paidSeconds > deviceSeconds!);
  const elsewhere = await estimate('spec.yaml', '--device', 'cuda');
  assert.equal(elsewhere.deviceSeconds, null, 'what the CPU took says nothing of a GPU');
});

const wrong: [string, string[], RegExp][] = [
  ['a price without an estimate', ['spec.yaml', '--hourly-rate', '1'], /add --dry-run/],
  ['a price of nothing', ['spec.yaml', '--dry-run', '--hourly-rate', '0'], /a price such as/],
  ['a deadline in days', ['days.yaml'], /days\.yaml: deadline: a deadline is a time such as/],
  ['a deadline of a minute', ['minute.yaml', '--dry-run'], /deadline: 1 min 0 s is too short/],
  ['a budget without a rate', ['rate.yaml'], /rate\.yaml: budget\.hourlyRate/],
  ['a budget that is too small', ['poor.yaml', '--dry-run'], /budget: 0\.01 pays for 36\.0 s/],
];

for (const [what, args, sentence] of wrong) {
  test(`${what} is refused in one sentence`, async () => {
    const specs = {
      days: 'deadline: 2d',
      minute: 'deadline: 1min',
      rate: 'budget: { amount: 3 }',
      poor: 'budget: { amount: 0.01, hourlyRate: 1 }',
    };
    for (const [name, more] of Object.entries(specs)) {
      writeFileSync(join(place.directory, `${name}.yaml`), specText(more));
    }
    const { code, stdout, stderr } = await place.topfive('submit', ...args);
    assert.equal(code, 2, stderr);
    assert.equal(stdout, '');
    assert.match(stderr, sentence);
    assert.equal(stderr.trim().split('\n').length, 1, stderr);
  });
}
