/** Removing runs: shown first, what names or needs them keeps them, and nights go on as before. */
import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { openFs } from '../../src/storage/fs.ts';
import { openS3 } from '../../src/storage/s3-storage.ts';
import { writeSmallSet } from '../cli/small-set.ts';
import { makePlace, type Place } from '../cli/topfive.ts';
import { anyCredentials, type Moto, makeBucket, startMoto, withoutMoto } from '../storage/moto.ts';

let moto: Moto | undefined;
let place: Place;
/** In the order in which they were made: blessed, identical, identical again, unfinished. */
const runs: string[] = [];
const folderOf = (runId: string) => join(place.directory, '.topfive/runs', runId);

before(async () => {
  if (!withoutMoto) moto = await startMoto();
  const settings = moto ? { ...anyCredentials, TOPFIVE_S3_ENDPOINT: moto.endpoint } : {};
  Object.assign(process.env, settings);
  place = makePlace(settings);
  await writeSmallSet(place.directory);
  for (let night = 0; night < 3; night += 1) {
    const { stdout, stderr } = await place.topfive('nightly', 'spec.yaml', '--json');
    assert.ok(stdout, stderr);
    runs.push(JSON.parse(stdout).runId);
    if (night > 0) continue;
    const blessed = await place.topfive('baseline', 'set', runs[0], '--reason', 'first');
    assert.equal(blessed.code, 0, blessed.stderr);
  }
  const submitted = await place.topfive('submit', 'spec.yaml', '--json');
  runs.push(JSON.parse(submitted.stdout).runId);
  if (!moto) return;
  await makeBucket(moto.endpoint, 'bucket');
  const here = openFs(join(place.directory, '.topfive'));
  const there = openS3('s3://bucket/store');
  for await (const { key } of here.list('')) {
    if (!key.startsWith('queue/')) await there.put(key, await here.get(key));
  }
});
after(async () => {
  place?.remove();
  await moto?.stop();
});

async function gc(...args: string[]) {
  const { code, stdout, stderr } = await place.topfive('gc', ...args);
  assert.equal(code, 0, stderr);
  return { stdout, stderr };
}

const strict = ['--keep-days', '0', '--keep-runs', '1'];

test('nothing of a young store goes', async () => {
  const { stdout, stderr } = await gc();
  assert.deepEqual([stdout, stderr], ['', 'nothing to remove: 4 runs kept\n']);
});

test('what would go is shown, with the reasons for the rest, and stays', async () => {
  const { stdout, stderr } = await gc(...strict);
  assert.match(stdout, new RegExp(`\n${runs[1]} +small +\\d{4}-[^\\n]+\\n$`));
  assert.match(stderr, /^1 run of 4, [\d.]+ \w+ may go; --delete removes them\n$/);
  const { kept, gone, deleted, bytes } = JSON.parse((await gc(...strict, '--json')).stdout);
  assert.deepEqual(
    [deleted, gone.map(({ runId }: { runId: string }) => runId)],
    [false, [runs[1]]],
  );
  assert.ok(bytes > 1000);
  const reasons = kept.map((run: { runId: string; reasons: string[] }) => [run.runId, run.reasons]);
  assert.deepEqual(reasons, [
    [runs[0], ['baseline', 'reuse']],
    [runs[2], ['last']],
    [runs[3], ['unfinished']],
  ]);
  for (const runId of runs) assert.ok(existsSync(folderOf(runId)));
});

test('on S3 the same goes, and nothing else', { skip: withoutMoto }, async () => {
  const { stderr } = await gc(...strict, '--delete', '--store', 's3://bucket/store');
  assert.match(stderr, new RegExp(`^removed ${runs[1]}\nremoved 1 run of 4, `));
  const left = await openS3('s3://bucket/store').folders('runs/');
  assert.deepEqual(left, [runs[0], runs[2], runs[3]].sort());
});

test('with --delete it goes, the history stays, and the next night computes nothing', async () => {
  await gc(...strict, '--delete');
  assert.deepEqual(
    runs.map((runId) => existsSync(folderOf(runId))),
    [true, false, true, true],
  );
  const history = await place.topfive('history', 'tiny', '--json');
  assert.equal(JSON.parse(history.stdout).nights.length, 3);
  const night = JSON.parse((await place.topfive('nightly', 'spec.yaml', '--json')).stdout);
  assert.deepEqual([night.verdict, night.reused], ['pass', { shards: 8, of: 8 }]);
});

for (const [args, told] of [
  [['--keep-runs', '0'], /whole number of at least 1/],
  [['--keep-days', 'x'], /whole number of at least 0/],
  [['all'], /too many arguments/],
] as const) {
  test(`gc ${args.join(' ')} is refused in one sentence`, async () => {
    const { code, stderr } = await place.topfive('gc', ...args);
    assert.equal(code, 2, stderr);
    assert.match(stderr, told);
  });
}
