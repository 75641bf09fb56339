/** S3 over a bad network: requests fail, answers are late, cut or lost, and the storage still does what it says. */
import assert from 'node:assert/strict';
import { randomBytes, randomUUID } from 'node:crypto';
import { Readable } from 'node:stream';
import { after, before, beforeEach, test } from 'node:test';
import { TopfiveError } from '../../src/errors.ts';
import { openS3 } from '../../src/storage/s3-storage.ts';
import type { Storage } from '../../src/storage/storage.ts';
import { anyCredentials, type Moto, makeBucket, startMoto, withoutMoto } from './moto.ts';
import { type Fault, type FaultProxy, startProxy } from './s3-proxy.ts';

let moto: Moto;
let proxy: FaultProxy;
let storage: Storage;
const options = { skip: withoutMoto };

before(async () => {
  if (withoutMoto) return;
  moto = await startMoto();
  proxy = await startProxy(moto.endpoint);
  Object.assign(process.env, anyCredentials, {
    TOPFIVE_S3_ENDPOINT: proxy.endpoint,
    TOPFIVE_S3_TIMEOUT: '1',
  });
  for (const bucket of ['bucket', 'plain-server']) await makeBucket(moto.endpoint, bucket);
});

beforeEach(() => {
  storage = openS3(`s3://bucket/${randomUUID()}`);
});

after(async () => {
  await proxy?.close();
  await moto?.stop();
});

/** The fault for the next `times` requests that match, while `work` runs. */
async function under<T>(
  fault: Fault,
  { times, match = /./ }: { times: number; match?: RegExp },
  work: () => Promise<T>,
): Promise<T> {
  let left = times;
  proxy.rule = ({ method, path }) => {
    if (left === 0 || !match.test(`${method} ${path}`)) return undefined;
    left -= 1;
    return fault;
  };
  try {
    return await work();
  } finally {
    proxy.rule = () => undefined;
    assert.equal(left, 0, 'the fault happened');
  }
}

const ofKind = (kind: string, message: RegExp) => (error: unknown) => {
  assert.ok(error instanceof TopfiveError, String(error));
  assert.match(error.message, message);
  assert.equal(error.kind, kind);
  return true;
};

test('a server that is busy or gone for a moment is asked again', options, async () => {
  const slowDown = { refuse: { status: 503, code: 'SlowDown' } };
  for (const fault of [slowDown, { drop: 'request' }, { drop: 'answer' }] satisfies Fault[]) {
    await under(fault, { times: 2 }, () => storage.put('key', 'content'));
    const content = await under(fault, { times: 2 }, () => storage.get('key'));
    assert.equal(content.toString(), 'content');
    assert.equal(await under(fault, { times: 2 }, () => storage.size('key')), 7);
  }
});

test('an answer that is cut or crawls is read again, whole', options, async () => {
  const large = randomBytes(30_000);
  await storage.put('large', large);
  for (const fault of [{ cut: 10_000 }, { bytesPerSecond: 1000 }] satisfies Fault[]) {
    const twice = { times: 2, match: /^GET/ };
    assert.ok((await under(fault, twice, () => storage.get('large'))).equals(large));
    const part = await under(fault, twice, () => storage.range('large', 7, 25_000));
    assert.ok(part.equals(large.subarray(7, 25_007)));
  }
});

test('bytes that change on their way are noticed', options, async () => {
  await storage.put('key', 'content');
  const answer = await under({ flip: 'answer' }, { times: 1 }, () => storage.get('key'));
  assert.equal(answer.toString(), 'content');
  // moto does not check what it is sent, as S3 does; the digest that came along tells the reader.
  await under({ flip: 'request' }, { times: 1 }, () => storage.put('key', 'content'));
  await assert.rejects(storage.get('key'), ofKind('storage', /Checksum mismatch/));
});

test('a commit whose answer is lost counts as this writer’s, and once', options, async () => {
  await storage.put('first', '', { ifAbsent: true });
  const lost = { times: 1, match: /^PUT/ };
  const put = () => storage.put('key', 'mine', { ifAbsent: true });
  assert.equal(await under({ drop: 'answer' }, lost, put), true);
  assert.equal(await storage.put('key', 'late', { ifAbsent: true }), false);
  assert.equal((await storage.get('key')).toString(), 'mine');
});

test('a large upload survives the loss of any of its answers', options, async () => {
  const large = randomBytes(17_000_000);
  for (const match of [/^POST .*uploads/, /^PUT .*partNumber=2/, /^POST .*uploadId/]) {
    const put = () => storage.putStream('large', Readable.from([large]));
    await under({ drop: 'answer' }, { times: 1, match }, put);
    assert.ok((await storage.get('large')).equals(large));
    await storage.delete('large');
  }
});

test('an upload that fails leaves no parts on the server', options, async () => {
  async function* broken() {
    for (let piece = 0; piece < 5; piece++) yield randomBytes(10_000_000);
    throw new TopfiveError('storage', 'the source ended');
  }
  await assert.rejects(storage.putStream('broken', broken()), /the source ended/);
  const uploads = await (await fetch(`${moto.endpoint}/bucket?uploads`)).text();
  assert.match(uploads, /ListMultipartUploadsResult/);
  assert.doesNotMatch(uploads, /<Key>.*broken/);
});

test(
  'where the server has no conditional write, still one of ten writers wins',
  options,
  async () => {
    proxy.rule = () => ({ without: 'if-none-match' });
    const [one, two] = [openS3('s3://plain-server/x'), openS3('s3://plain-server/x')];
    try {
      for (let round = 0; round < 2; round++) {
        const writers = Array.from({ length: 10 }, (_, writer) => (writer % 2 ? one : two));
        const won = await Promise.all(
          writers.map((writer, index) =>
            writer.put(`race/${round}`, `${index}`, { ifAbsent: true }),
          ),
        );
        assert.equal(won.filter(Boolean).length, 1);
        assert.equal((await one.get(`race/${round}`)).toString(), String(won.indexOf(true)));
        assert.equal(await one.put(`race/${round}`, 'late', { ifAbsent: true }), false);
      }
    } finally {
      proxy.rule = () => undefined;
    }
  },
);

test('what only a person can mend is one sentence, at once', options, async () => {
  const refusals: [string, number, RegExp][] = [
    ['ExpiredToken', 400, /session token of the credentials has expired; sign in again/],
    ['InvalidToken', 400, /does not accept the session token/],
    ['AccessDenied', 403, /may not be read with these credentials .*they need s3:GetObject/],
  ];
  for (const [code, status, message] of refusals) {
    const refused = ofKind('access', message);
    await under({ refuse: { status, code } }, { times: 1 }, () =>
      assert.rejects(storage.get('key'), refused),
    );
  }
  const denied: Fault = { refuse: { status: 403, code: 'AccessDenied' } };
  await under(denied, { times: 1 }, () =>
    assert.rejects(storage.put('key', 'x'), ofKind('access', /written.*they need s3:PutObject/)),
  );
  const nowhere = ofKind('access', /there is no bucket "no-such-bucket" at S3 http:/);
  const absent = openS3('s3://no-such-bucket/x');
  await assert.rejects(absent.get('key'), nowhere);
  await assert.rejects(absent.size('key'), nowhere);
  await assert.rejects(absent.put('key', 'x'), nowhere);
  await assert.rejects(absent.folders(''), nowhere);
});
