/** Runs whose images, labels and results lie on S3, and what is told when S3 refuses. */
import assert from 'node:assert/strict';
import { existsSync, readFileSync, rmSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { openFs } from '../../src/storage/fs.ts';
import { openS3 } from '../../src/storage/s3-storage.ts';
import { anyCredentials, type Moto, makeBucket, startMoto, withoutMoto } from '../storage/moto.ts';
import { makeUsers } from '../storage/moto-users.ts';
import { startProxy } from '../storage/s3-proxy.ts';
import { correct, specText, writeSmallSet } from './small-set.ts';
import { makePlace, type Place } from './topfive.ts';

const options = { skip: withoutMoto };
let moto: Moto;
let place: Place;

before(async () => {
  if (withoutMoto) return;
  moto = await startMoto();
  const settings = { ...anyCredentials, TOPFIVE_S3_ENDPOINT: moto.endpoint };
  Object.assign(process.env, settings);
  await makeBucket(moto.endpoint, 'bucket');
  place = makePlace(settings);
  await writeSmallSet(place.directory);
  const set = openFs(place.directory);
  const bucket = openS3('s3://bucket/data');
  for await (const { key } of set.list('val')) await bucket.put(key, await set.get(key));
  const text = specText()
    .replace('./val,', 's3://bucket/data/val,')
    .replace('./val_list.txt', 's3://bucket/data/val_list.txt');
  await writeFile(join(place.directory, 's3.yaml'), text);
});

after(async () => {
  place?.remove();
  await moto?.stop();
});

test(
  'a run on S3 has the bytes of the run on a directory, and leaves nothing here',
  options,
  async () => {
    const local = await place.topfive('run', 'spec.yaml', '--out', 'local', '--workers', '1');
    assert.equal(local.code, 0, local.stderr);
    const store = 's3://bucket/store';
    const remote = await place.topfive(
      ...['run', 's3.yaml', '--store', store, '--out', 'remote', '--workers', '2'],
    );
    assert.equal(remote.code, 0, remote.stderr);
    assert.doesNotMatch(remote.stderr, /[Ww]arning/);
    for (const model of ['tiny', 'again']) {
      const file = `predictions/${model}.fp32.parquet`;
      const [a, b] = ['local', 'remote'].map((out) =>
        readFileSync(join(place.directory, out, file)),
      );
      assert.ok(a.equals(b), file);
    }
    const [{ runId }] = JSON.parse(
      (await place.topfive('list', '--store', store, '--json')).stdout,
    );
    const uri = `${store}/runs/${runId}`;
    const status = JSON.parse((await place.topfive('status', uri, '--json')).stdout);
    assert.equal(status.status, 'complete');
    const report = await place.topfive('report', uri, '--format', 'json');
    assert.equal(report.stdout, readFileSync(join(place.directory, 'remote/report.json'), 'utf8'));
    const rows = await place.topfive('predictions', uri, '--model', 'tiny');
    assert.equal(rows.stdout.split('\n').length, 42);
    assert.ok(!existsSync(join(place.directory, '.topfive/runs', runId)));
  },
);

test('models on S3 reach workers that have nothing else of them', options, async () => {
  const bucket = openS3('s3://bucket/models');
  await bucket.put('tiny.onnx', readFileSync(join(place.directory, 'tiny.onnx')));
  const text = readFileSync(join(place.directory, 's3.yaml'), 'utf8')
    .replaceAll('./tiny.onnx', 's3://bucket/models/tiny.onnx')
    .concat('precision: [fp32, fp16]\n');
  await writeFile(join(place.directory, 'remote-models.yaml'), text);
  const store = ['--store', 's3://bucket/models-store'];
  const submitted = await place.topfive('submit', 'remote-models.yaml', ...store, '--json');
  assert.equal(submitted.code, 0, submitted.stderr);
  const { runId } = JSON.parse(submitted.stdout);
  const elsewhere = makePlace({ ...anyCredentials, TOPFIVE_S3_ENDPOINT: moto.endpoint });
  try {
    // What the submitter has in its cache is gone, as it is for a worker on another machine.
    rmSync(join(place.directory, '.cache'), { recursive: true });
    const worker = await elsewhere.topfive('worker', '--exit-when-idle', '1', ...store);
    assert.equal(worker.code, 0, worker.stderr);
    assert.match(worker.stderr, /downloading s3:\/\/bucket\/models\/tiny.onnx/);
  } finally {
    elsewhere.remove();
  }
  const status = await place.topfive('status', runId, ...store, '--json');
  assert.equal(JSON.parse(status.stdout).status, 'complete', status.stdout);
  const { stdout } = await place.topfive('report', runId, ...store, '--format', 'json');
  for (const { accuracy, artifact, precision } of JSON.parse(stdout).models) {
    assert.equal(accuracy.top1.correct, correct);
    assert.equal(artifact.name, precision === 'fp32' ? 'tiny.onnx' : 'tiny.fp16.onnx');
  }
});

test('a dataset on S3 is indexed like the same dataset here', options, async () => {
  const indexed = async (uri: string, labels: string) => {
    const { stdout } = await place.topfive('dataset', 'index', uri, '--labels', labels, '--json');
    return JSON.parse(stdout);
  };
  const here = await indexed('val', 'val_list.txt');
  const there = await indexed('s3://bucket/data/val', 's3://bucket/data/val_list.txt');
  assert.deepEqual({ ...there, uri: here.uri }, here);
  assert.equal(there.uri, 's3://bucket/data/val');
});

test(
  'what S3 refuses is one sentence with exit code 2, before anything is computed',
  options,
  async () => {
    const guarded = await startMoto();
    const proxy = await startProxy(guarded.endpoint);
    const places: Place[] = [];
    try {
      await makeBucket(guarded.endpoint, 'bucket');
      const users = await makeUsers(guarded.endpoint, {
        owner: ['s3:*'],
        reader: ['s3:GetObject', 's3:ListBucket'],
        nobody: ['sqs:*'],
      });
      const told = async (credentials: Record<string, string>, ...args: string[]) => {
        const one = makePlace({ TOPFIVE_S3_ENDPOINT: guarded.endpoint, ...credentials });
        places.push(one);
        await writeSmallSet(one.directory);
        const { code, stdout, stderr } = await one.topfive(...args);
        assert.equal(stdout, '');
        assert.match(stderr, /^error: [^\n]+\n$/);
        assert.equal(code, 2, stderr);
        return stderr;
      };
      const run = ['run', 'spec.yaml', '--store', 's3://bucket/store'];
      const wrongKey = { ...users.owner, AWS_ACCESS_KEY_ID: 'AKIAWRONG' };
      assert.match(await told(wrongKey, ...run), /does not know this access key/);
      const wrongSecret = { ...users.owner, AWS_SECRET_ACCESS_KEY: 'wrong' };
      assert.match(await told(wrongSecret, ...run), /secret key does not belong/);
      assert.match(
        await told(users.reader, ...run),
        /written with these credentials.*s3:PutObject/,
      );
      assert.match(
        await told(users.nobody, 'list', '--store', 's3://bucket/store'),
        /listed with these credentials.*s3:ListBucket/,
      );
      assert.match(
        await told(users.owner, 'submit', 'spec.yaml', '--store', 's3://no-such-bucket/store'),
        /there is no bucket "no-such-bucket"/,
      );
      assert.match(
        await told(users.owner, 'status', 's3://no-such-bucket/store/runs/x'),
        /there is no bucket "no-such-bucket"/,
      );
      assert.match(
        await told(users.reader, 'worker', '--store', 's3://bucket/store', '--log-level', 'warn'),
        /they need s3:PutObject/,
      );
      const away = { TOPFIVE_S3_ENDPOINT: 'http://127.0.0.1:9', ...users.owner };
      assert.match(await told(away, ...run), /cannot be reached: S3 at http:\/\/127.0.0.1:9/);
      const none = { AWS_EC2_METADATA_DISABLED: 'true' };
      assert.match(await told(none, ...run), /needs credentials and none were found/);
      const model = (onnx: string) => [
        ...['run', '--dataset', 'val', '--labels', 'val_list.txt', '--recipe', 'EfficientNetB0'],
        ...['--model', `tiny=${onnx}`],
      ];
      const m = model('s3://bucket/m.onnx');
      assert.match(
        await told(wrongKey, ...m),
        /^error: s3:\/\/bucket cannot be opened.*this access key/,
      );
      assert.match(
        await told(wrongSecret, ...m),
        /^error: s3:\/\/bucket cannot be opened.*secret key does/,
      );
      assert.match(await told(users.nobody, ...m), /with these credentials.*they need s3:/);
      assert.match(await told(none, ...m), /needs credentials and none were found/);
      assert.match(await told(users.owner, ...m), /There is no object at s3:\/\/bucket\/m\.onnx/);
      assert.match(
        await told(users.owner, ...model('s3://no-such-bucket/m.onnx')),
        /there is no bucket "no-such-bucket"/,
      );
      const expired = { TOPFIVE_S3_ENDPOINT: proxy.endpoint, ...users.owner };
      proxy.rule = () => ({ refuse: { status: 400, code: 'ExpiredToken' } });
      const hasExpired = /the session token of the credentials has expired/;
      assert.match(await told(expired, ...m), hasExpired);
      assert.match(await told(expired, ...run), hasExpired);
      const dataset = ['dataset', 'index', 's3://bucket/val', '--layout', 'folder'];
      assert.match(await told(expired, ...dataset), hasExpired);
      assert.match(await told(wrongSecret, ...dataset), /secret key does not belong/);
      assert.match(await told(users.owner, ...dataset), /nothing is there/);
    } finally {
      for (const one of places) one.remove();
      await proxy.close();
      await guarded.stop();
    }
  },
);
