/** Artifacts on S3: one download a host, verified, gone on with after an interruption. */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, beforeEach, test } from 'node:test';
import { promisify } from 'node:util';
import { TopfiveError } from '../../src/errors.ts';
import { readArtifact } from '../../src/models/artifact.ts';
import { fetchArtifact } from '../../src/models/remote-artifact.ts';
import { openS3 } from '../../src/storage/s3-storage.ts';
import { writeWithExternalData } from '../onnx/external-data.ts';
import { anyCredentials, type Moto, makeBucket, startMoto, withoutMoto } from '../storage/moto.ts';
import { type FaultProxy, startProxy } from '../storage/s3-proxy.ts';
import { tinyModel } from './tiny-model.ts';

const options = { skip: withoutMoto };
let moto: Moto;
let proxy: FaultProxy;
let folder: string;

before(async () => {
  if (withoutMoto) return;
  moto = await startMoto();
  proxy = await startProxy(moto.endpoint);
  Object.assign(process.env, anyCredentials, {
    TOPFIVE_S3_ENDPOINT: proxy.endpoint,
    TOPFIVE_LOG_LEVEL: 'warn',
  });
  await makeBucket(moto.endpoint, 'bucket');
});

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'topfive-remote-'));
  process.env.TOPFIVE_CACHE = join(folder, 'cache');
  if (proxy) proxy.seen.length = 0;
});

after(async () => {
  await proxy?.close();
  await moto?.stop();
});

const downloads = () => proxy.seen.filter((request) => request.startsWith('GET'));

const refused = (kind: string, message: RegExp) => (error: unknown) => {
  assert.ok(error instanceof TopfiveError, String(error));
  assert.match(error.message, message);
  assert.equal(error.kind, kind);
  return true;
};

/** A model with its weights in a second file, in the bucket under `prefix`, and here at the path that is returned. */
async function putModel(prefix: string): Promise<string> {
  const path = join(folder, 'model.onnx');
  const model = tinyModel({ side: 8, classes: 5 });
  await writeWithExternalData(path, { model, location: 'model.weights' });
  const bucket = openS3(`s3://bucket/${prefix}`);
  for (const name of ['model.onnx', 'model.weights']) {
    await bucket.put(name, readFileSync(join(folder, name)));
  }
  return path;
}

test('four processes of a host download a model and its weights once', options, async () => {
  const { sha256 } = await readArtifact(await putModel('once'));
  const program = join(import.meta.dirname, 'fetch-program.ts');
  const fetched = await Promise.all(
    Array.from({ length: 4 }, () =>
      promisify(execFile)(process.execPath, [
        '--import',
        'tsx',
        program,
        's3://bucket/once/model.onnx',
      ]),
    ),
  );
  for (const { stdout } of fetched) assert.equal(stdout, `${sha256}\n`);
  assert.deepEqual(downloads().sort(), [
    'GET /bucket/once/model.onnx?x-id=GetObject',
    'GET /bucket/once/model.weights?x-id=GetObject',
  ]);
  rmSync(folder, { recursive: true });
});

test(
  'what is known by its digest asks the server nothing; a changed object is another artifact',
  options,
  async () => {
    await putModel('known');
    const uri = 's3://bucket/known/model.onnx';
    const first = await fetchArtifact(uri);
    proxy.seen.length = 0;
    assert.deepEqual(await fetchArtifact(uri, { sha256: first.sha256 }), first);
    assert.deepEqual(proxy.seen, []);
    assert.deepEqual(await fetchArtifact(uri), first);
    assert.deepEqual(downloads(), []);
    const weights = readFileSync(join(folder, 'model.weights'));
    weights[0] ^= 1;
    await openS3('s3://bucket/known').put('model.weights', weights);
    const second = await fetchArtifact(uri);
    assert.notEqual(second.sha256, first.sha256);
    assert.deepEqual(await fetchArtifact(uri, { sha256: first.sha256 }), first);
    rmSync(folder, { recursive: true });
  },
);

test('an interrupted download goes on where it stopped', options, async () => {
  const bytes = randomBytes(40_000_000);
  await openS3('s3://bucket/large').putStream(
    'm.onnx',
    (async function* () {
      yield bytes;
    })(),
  );
  let allowed = 2;
  proxy.rule = ({ method }) => {
    if (method !== 'GET' || allowed-- > 0) return undefined;
    return { refuse: { status: 403, code: 'ExpiredToken' } };
  };
  const uri = 's3://bucket/large/m.onnx';
  await assert.rejects(fetchArtifact(uri), refused('access', /session token.*has expired/));
  proxy.rule = () => undefined;
  proxy.seen.length = 0;
  const { path } = await fetchArtifact(uri);
  assert.ok(readFileSync(path).equals(bytes));
  assert.ok(downloads().length < 3, `${downloads().length} of 3 pieces again`);
  assert.deepEqual(readdirSync(join(folder, 'cache/pending')), []);
  rmSync(folder, { recursive: true });
});

test('what is missing, or changes meanwhile, is said', options, async () => {
  await assert.rejects(
    fetchArtifact('s3://bucket/none.onnx'),
    refused('model', /^There is no object at s3:\/\/bucket\/none.onnx: check the path/),
  );
  await putModel('half');
  const bucket = openS3('s3://bucket/half');
  await bucket.delete('model.weights');
  await assert.rejects(
    fetchArtifact('s3://bucket/half/model.onnx'),
    refused('model', /half\/model.weights, which holds weights of s3:\/\/bucket\/half\/model.onnx/),
  );
  await putModel('changing');
  proxy.rule = ({ method, path }) => {
    if (method === 'GET' && path.includes('model.weights')) {
      proxy.rule = () => undefined;
      void openS3('s3://bucket/changing').put('model.onnx', 'another model');
      return { bytesPerSecond: 50 };
    }
    return undefined;
  };
  await assert.rejects(
    fetchArtifact('s3://bucket/changing/model.onnx'),
    refused('model', /was changed while it was downloaded/),
  );
  rmSync(folder, { recursive: true });
});

test('a cache that is too small for a model says so', options, async () => {
  await openS3('s3://bucket/big').put('m.onnx', randomBytes(3_000_000));
  process.env.TOPFIVE_CACHE_SIZE = '2MB';
  try {
    await assert.rejects(
      fetchArtifact('s3://bucket/big/m.onnx'),
      refused('output', /set TOPFIVE_CACHE_SIZE higher/),
    );
  } finally {
    delete process.env.TOPFIVE_CACHE_SIZE;
    rmSync(folder, { recursive: true });
  }
});
