import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { Redis } from 'ioredis';
import type { NetworkListening } from '../../src/queue/embedded-server.ts';
import { type Engine, openEngine } from '../../src/queue/engine.ts';
import { probeServer } from '../../src/queue/probe.ts';
import { redisOptions } from '../../src/queue/redis-client.ts';
import { openRunQueue } from '../../src/queue/run-queue.ts';
import { startRunWorker } from '../../src/queue/run-worker.ts';
import { redactUrl } from '../../src/queue/url.ts';
import { log, makeDirectory, waitFor, withRedis } from './harness.ts';

const certificates = join(import.meta.dirname, '../fixtures/tls');
const tls = {
  certFile: join(certificates, 'queue.pem'),
  keyFile: join(certificates, 'queue.key'),
  authority: readFileSync(join(certificates, 'authority.pem'), 'utf8'),
};
const closings: (() => unknown)[] = [];
after(async () => {
  for (const close of closings.reverse()) await close();
});

async function listenOn(more: Partial<NetworkListening> = {}): Promise<Engine> {
  const directory = makeDirectory();
  closings.push(directory.remove);
  const listen = { host: '127.0.0.1', port: 0, ...more };
  const options = { queue: 'embedded:redis', directory: directory.path, listen, log };
  const engine = await openEngine({ ...options, own: true });
  closings.push(() => engine.close());
  return engine;
}

async function workThrough(url: string): Promise<number[]> {
  const queue = await openRunQueue(url, { log });
  const seen: number[] = [];
  const worker = await startRunWorker({
    url,
    shard: async ({ shard }) => void seen.push(shard),
    aggregate: async () => {},
    log,
  });
  const jobs = [0, 1, 2].map((shard) => ({ shard, group: 0 }));
  await queue.enqueueRun({ runId: 'run-1', store: 'file:///store', jobs });
  await waitFor('the end', async () => (await queue.runState('run-1')).state === 'done');
  await worker.close();
  await queue.close();
  return seen;
}

for (const [what, more] of [
  ['a password', {}],
  ['a password and TLS', { tls }],
] as const) {
  test(`a queue on a port works with ${what}, and gives its clients no power over the server`, async () => {
    const { url } = await listenOn(more);
    assert.match(url, /^rediss?:\/\/:[0-9a-f]{48}@127\.0\.0\.1:\d+/);
    assert.deepEqual(await workThrough(url), [0, 1, 2]);
    for (const command of [
      ['CONFIG', 'SET', 'dir', '/'],
      ['REPLICAOF', '127.0.0.1', '1'],
      ['SHUTDOWN', 'NOSAVE'],
      ['FLUSHALL'],
    ] as const) {
      const [name, ...rest] = command;
      const tried = withRedis(url, (client) => client.call(name, ...rest));
      await assert.rejects(tried, /NOPERM/, name);
    }
  });
}

test('nobody gets in without the password, or past a certificate that the URL does not trust', async () => {
  const plain = new URL((await listenOn()).url);
  plain.password = 'guessed';
  await assert.rejects(probeServer(plain.href, log), /WRONGPASS/);

  const encrypted = new URL((await listenOn({ tls })).url);
  encrypted.search = '';
  await assert.rejects(probeServer(encrypted.href, log), /certificate/);
  encrypted.protocol = 'redis:';
  const spoken = new Redis({
    ...redisOptions(encrypted.href),
    retryStrategy: () => null,
    maxRetriesPerRequest: 0,
    lazyConnect: true,
  });
  spoken.on('error', () => {});
  await assert.rejects(spoken.ping());
});

test('neither password nor certificate is shown', async () => {
  const { url } = await listenOn({ tls });
  assert.match(redactUrl(url), /^rediss:\/\/:\*\*\*@127\.0\.0\.1:\d+\?ca=…$/);
});

test('a port that somebody else has is an error that says so', async () => {
  const { url } = await listenOn();
  const port = Number(new URL(url).port);
  await assert.rejects(listenOn({ port }), /Address already in use/);
});
