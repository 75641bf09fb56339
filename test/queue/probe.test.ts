import assert from 'node:assert/strict';
import { mkdirSync } from 'node:fs';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { join } from 'node:path';
import { test } from 'node:test';
import { TopfiveError } from '../../src/errors.ts';
import { findRedis } from '../../src/queue/embedded-redis.ts';
import { openEngine } from '../../src/queue/engine.ts';
import { isOlderThan } from '../../src/queue/probe.ts';
import { spawnTied } from '../../src/queue/tied-process.ts';
import { unixUrl } from '../../src/queue/url.ts';
import { log, makeDirectory, waitFor, withRedis } from './harness.ts';

const path = process.env.PATH ?? '';
const directory = '/nowhere';

function refuses(queue: string, message: RegExp): Promise<void> {
  return assert.rejects(openEngine({ queue, directory, own: true, log }), (error) => {
    assert.ok(error instanceof TopfiveError);
    assert.deepEqual([error.kind, error.exitCode], ['queue', 2]);
    assert.match(error.message, message);
    assert.doesNotMatch(error.message, /hunter2/);
    return true;
  });
}

/** A Redis that was not set up for us. */
async function withServer(settings: string, use: (url: string) => Promise<void>): Promise<void> {
  const { path: place, remove } = makeDirectory();
  mkdirSync(join(place, 'data'));
  const socket = join(place, 'redis.sock');
  const file = findRedis(path);
  assert.ok(file);
  const input = `port 0\nsave ""\ndir ${place}/data\nunixsocket ${socket}\n${settings}`;
  const server = spawnTied({ file, args: ['-'], input, stopSignal: 'SIGTERM', path });
  const url = unixUrl(socket);
  try {
    await waitFor('an answer', () => /[Rr]eady to accept connections/.test(server.lastOutput()));
    await use(url);
  } finally {
    await server.stop();
    remove();
  }
}

test('a server that is not there is named in one sentence, without its password', async () => {
  await refuses(
    'redis://user:hunter2@127.0.0.1:1/0',
    /redis:\/\/user:\*\*\*@127\.0\.0\.1:1.*ECONNREFUSED/,
  );
  await refuses('postgres://user:hunter2@127.0.0.1:1/db', /user:\*\*\*@.*ECONNREFUSED/);
  await refuses(
    'redis+cluster://:hunter2@127.0.0.1:1',
    /redis\+cluster:\/\/:\*\*\*@127\.0\.0\.1:1 cannot/,
  );
  await refuses(
    'redis+sentinel://:hunter2@127.0.0.1:1/zoo',
    /zoo cannot be used: .*entinels are unr/,
  );
  await refuses('redis+sentinel://:hunter2@127.0.0.1:1', /the master's name must follow/);
  await refuses('unix:///nowhere/redis.sock', /ENOENT/);
  await refuses('amqp://host', /a queue is redis:\/\//);
  await refuses('redis://u:hunter2@[h', /Invalid URL/);
  await refuses('embedded:mysql', /embedded:redis or embedded:postgres/);
});

test('a Redis that evicts keys is refused with the command that mends it', async () => {
  await withServer('maxmemory-policy allkeys-lru\n', async (url) => {
    await refuses(url, /maxmemory-policy allkeys-lru.*"CONFIG SET maxmemory-policy noeviction"/);
    await withRedis(url, (client) => client.config('SET', 'maxmemory-policy', 'noeviction'));
    const engine = await openEngine({ queue: url, directory, own: false, log });
    assert.deepEqual([engine?.url, engine?.kind, engine?.owned], [url, 'redis', false]);
    await engine?.close();
  });
});

test('a Redis that wants a password says so', async () => {
  await withServer('requirepass hunter2\n', async (url) => {
    await refuses(url, /NOAUTH/);
    await refuses(`${url}?password=wrong`, /WRONGPASS/);
    const right = `${url}?password=hunter2`;
    const engine = await openEngine({ queue: right, directory, own: true, log });
    assert.equal(engine.url, right);
  });
});

test('where CONFIG is forbidden and INFO is silent about it, the policy is a warning', async () => {
  const warnings: string[] = [];
  const listening = { ...log, warn: (text: string) => warnings.push(text) } as typeof log;
  await withInfo('redis_version:7.2.4\r\n', async (queue) => {
    const engine = await openEngine({ queue, directory, own: true, log: listening });
    assert.equal(engine.url, queue);
  });
  assert.match(warnings.join(), /eviction policy .* cannot be read/);
});

test('a Redis before 6.2 is refused', async () => {
  const info = 'redis_version:5.0.14\r\nmaxmemory_policy:noeviction\r\n';
  await withInfo(info, (queue) => refuses(queue, /6\.2 or newer, but .* is 5\.0\.14/));
  assert.deepEqual(
    ['6.0.16', '6.2.0', '7.0', '10.1.2', 'unknown'].map((version) => isOlderThan(version, [6, 2])),
    [true, false, false, false, true],
  );
});

/** The answers of an old or a restricted Redis, which cannot be had here: INFO, and an error to all else. */
async function withInfo(info: string, use: (url: string) => Promise<void>): Promise<void> {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('data', (chunk) => {
      const commands = chunk.toString().match(/\*\d+\r\n(\$\d+\r\n[^\r]*\r\n)+/g) ?? [];
      for (const command of commands) {
        const isInfo = /\r\ninfo\r\n/i.test(command);
        socket.write(isInfo ? `$${info.length}\r\n${info}\r\n` : '-ERR unknown command\r\n');
      }
    });
    socket.on('error', () => {});
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  try {
    await use(`redis://127.0.0.1:${(server.address() as AddressInfo).port}`);
  } finally {
    for (const socket of sockets) socket.destroy();
    server.close();
  }
}
