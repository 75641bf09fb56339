import assert from 'node:assert/strict';
import {
  appendFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  statSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { TopfiveError } from '../../src/errors.ts';
import { findRedis } from '../../src/queue/embedded-redis.ts';
import { type Engine, type EngineOptions, openEngine } from '../../src/queue/engine.ts';
import { lockName, readEngineLock } from '../../src/queue/engine-lock.ts';
import { removeSocketDirectory, socketDirectoryFor } from '../../src/queue/socket-directory.ts';
import type { EngineKind } from '../../src/queue/url.ts';
import { isAlive } from '../../src/storage/process-identity.ts';
import {
  log,
  loseEverything,
  makeDirectory,
  type OtherProcess,
  runProgram,
  settle,
  waitFor,
  withPostgres,
  withRedis,
} from './harness.ts';

const removals: (() => void)[] = [];
after(() => {
  for (const remove of removals) remove();
});

function newDirectory(): string {
  const { path, remove } = makeDirectory();
  removals.push(remove);
  return path;
}

function open(directory: string, options: Partial<EngineOptions> = {}): Promise<Engine> {
  return openEngine({ queue: 'embedded:redis', directory, log, ...options, own: true });
}

function serverOf(directory: string) {
  const server = readEngineLock(directory)?.server;
  assert.ok(server);
  return server;
}

/** Writes and reads one value on either kind of server. */
const memory: Record<
  EngineKind,
  { write(url: string): Promise<void>; read(url: string): Promise<unknown> }
> = {
  redis: {
    write: (url) => withRedis(url, async (client) => void (await client.set('kept', 'yes'))),
    read: (url) => withRedis(url, (client) => client.get('kept')),
  },
  postgres: {
    write: async (url) => {
      await withPostgres(url, (client) =>
        client.query(`CREATE TABLE kept AS SELECT 'yes' AS value`),
      );
      await settle(url);
    },
    read: (url) =>
      withPostgres(url, async (client) => {
        const { rows } = await client.query('SELECT value FROM kept');
        return rows[0].value;
      }),
  },
};

/** Processes that have loaded everything and open their engine when told. */
async function standReady(count: number, options: unknown): Promise<OtherProcess[]> {
  const others = Array.from({ length: count }, () => runProgram('engine-program', options));
  await Promise.all(others.map((other) => other.line('ready')));
  return others;
}

async function openThere(other: OtherProcess): Promise<{ url: string; owned: boolean }> {
  other.child.stdin.write('open\n');
  return JSON.parse(await other.line('{'));
}

for (const kind of ['redis', 'postgres'] as const) {
  const queue = `embedded:${kind}`;

  test(`${kind}: closing leaves only the data, which the next start finds`, async () => {
    const directory = newDirectory();
    const engine = await open(directory, { queue });
    assert.equal(engine.kind, kind);
    assert.equal(engine.owned, true);
    await memory[kind].write(engine.url);
    const server = serverOf(directory);
    await engine.close();
    assert.equal(isAlive(server), false);
    assert.equal(existsSync(socketDirectoryFor(directory)), false);
    assert.equal(readdirSync(directory).filter((name) => name.startsWith(lockName)).length, 0);
    const again = await open(directory, { queue });
    assert.equal(again.url, engine.url);
    assert.equal(await memory[kind].read(again.url), 'yes');
    await again.close();
  });

  test(`${kind}: the server dies with an owner that is killed, and the next in line has its data`, async () => {
    const directory = newDirectory();
    const [owner] = await standReady(1, { queue, directory });
    const { url } = await openThere(owner);
    await memory[kind].write(url);
    const engine = await open(directory, { queue });
    assert.deepEqual([engine.url, engine.owned], [url, false]);
    const server = serverOf(directory);
    owner.child.kill('SIGKILL');
    await waitFor('the succession', () => engine.owned);
    assert.equal(isAlive(server), false);
    assert.notEqual(serverOf(directory).pid, server.pid);
    assert.equal(await memory[kind].read(url), 'yes');
    await engine.close();
    assert.equal(existsSync(socketDirectoryFor(directory)), false);
  });
}

test('of several processes that find a dead owner, one runs the engine and the others use it', async () => {
  const directory = newDirectory();
  const [dead, ...others] = await standReady(4, { queue: 'embedded:redis', directory });
  await openThere(dead);
  dead.child.kill('SIGKILL');
  await dead.exited;
  const opened = await Promise.all(others.map(openThere));
  assert.equal(opened.filter(({ owned }) => owned).length, 1);
  assert.equal(new Set(opened.map(({ url }) => url)).size, 1);
  const owner = readEngineLock(directory)?.pid;
  assert.equal(owner, others[opened.findIndex(({ owned }) => owned)].child.pid);
  for (const { child } of others) child.stdin.end();
  for (const exit of await Promise.all(others.map(({ exited }) => exited))) {
    assert.deepEqual(exit, { code: 0, signal: null });
  }
  assert.deepEqual(readdirSync(directory), ['appendonlydir']);
  assert.equal(existsSync(socketDirectoryFor(directory)), false);
});

test('an engine is attached to, not run, by whoever may not own it', async () => {
  const directory = newDirectory();
  const attach = () => openEngine({ directory, own: false, log });
  assert.equal(await attach(), undefined);
  const engine = await open(directory);
  const attached = await attach();
  assert.deepEqual([attached?.url, attached?.owned], [engine.url, false]);
  await attached?.close();
  assert.equal(isAlive(serverOf(directory)), true);
  await assert.rejects(open(directory, { queue: 'embedded:postgres' }), /is redis, not postgres/);
  await engine.close();
});

test('where setpriv is missing, a watchdog ends the server of a killed owner', async () => {
  const directory = newDirectory();
  const tools = join(directory, 'tools');
  mkdirSync(tools);
  symlinkSync(findRedis(process.env.PATH ?? '') ?? '', join(tools, 'redis-server'));
  const [owner] = await standReady(1, { queue: 'embedded:redis', directory, path: tools });
  await openThere(owner);
  const server = serverOf(directory);
  assert.equal(isAlive(server), true);
  owner.child.kill('SIGKILL');
  await waitFor('the end of the server', () => !isAlive(server));
  removeSocketDirectory(socketDirectoryFor(directory));
});

test('a log that was cut short by a crash does not keep Redis from starting', async () => {
  const directory = newDirectory();
  const engine = await open(directory);
  await memory.redis.write(engine.url);
  await withRedis(engine.url, (client) => client.set('last', 'x'.repeat(100)));
  await engine.close();
  const folder = join(directory, 'appendonlydir');
  const name = readdirSync(folder).find((file) => file.endsWith('.incr.aof'));
  assert.ok(name);
  const file = join(folder, name);
  truncateSync(file, statSync(file).size - 20);
  const again = await open(directory);
  assert.equal(await memory.redis.read(again.url), 'yes');
  assert.equal(await withRedis(again.url, (client) => client.get('last')), null);
  await again.close();
});

test('a server that cannot start is an error with its last words, and nothing is left', async () => {
  const directory = newDirectory();
  const engine = await open(directory);
  await memory.redis.write(engine.url);
  await engine.close();
  const folder = join(directory, 'appendonlydir');
  for (const name of readdirSync(folder)) writeFileSync(join(folder, name), 'rubbish');
  await assert.rejects(open(directory), (error) => {
    assert.ok(error instanceof TopfiveError);
    assert.equal(error.kind, 'queue');
    assert.match(error.message, /did not start: .*manifest/is);
    return true;
  });
  assert.equal(existsSync(socketDirectoryFor(directory)), false);
  assert.equal(readEngineLock(directory), undefined);
});

test('a lock that cannot be read counts as a dead owner’s', async () => {
  const directory = newDirectory();
  writeFileSync(join(directory, lockName), '{"pid":');
  const engine = await open(directory);
  assert.equal(engine.owned, true);
  await engine.close();
  assert.deepEqual(readdirSync(directory), ['appendonlydir']);
});

test('a lock of another host is not taken over', async () => {
  const directory = newDirectory();
  const engine = await open(directory);
  const lock = JSON.stringify({ ...readEngineLock(directory), host: 'elsewhere' });
  await engine.close();
  writeFileSync(join(directory, lockName), lock);
  await assert.rejects(open(directory), /belongs to process \d+ on host "elsewhere"/);
});

test('a server restarted by its owner keeps its URL and its data', async () => {
  const directory = newDirectory();
  const engine = await open(directory, { listen: 'loopback' });
  assert.match(engine.url, /^redis:\/\/:[0-9a-f]{48}@127\.0\.0\.1:\d+$/);
  await memory.redis.write(engine.url);
  const first = serverOf(directory);
  process.kill(first.pid, 'SIGKILL');
  await waitFor('another server', () => serverOf(directory).pid !== first.pid);
  assert.equal(await memory.redis.read(engine.url), 'yes');
  const open_ = engine.url.replace(/:[0-9a-f]{48}@/, '');
  await assert.rejects(loseEverything(open_), /NOAUTH/);
  await engine.close();
});

test('the socket’s path is short wherever the data lie', async () => {
  const deep = join(newDirectory(), 'a-long-name-for-a-folder/'.repeat(12));
  mkdirSync(deep, { recursive: true });
  const engine = await open(deep);
  const socket = decodeURIComponent(new URL(engine.url).pathname);
  assert.ok(Buffer.byteLength(socket) <= 103, socket);
  assert.equal(statSync(join(socket, '..')).mode & 0o777, 0o700);
  await engine.close();
});

test('a directory that somebody else put in the socket’s place is refused', async () => {
  const directory = newDirectory();
  const place = socketDirectoryFor(directory);
  mkdirSync(place, { mode: 0o777 });
  appendFileSync(join(place, 'trap'), '');
  await assert.rejects(open(directory), /somebody else made it/);
  assert.deepEqual(readdirSync(place), ['trap']);
  removeSocketDirectory(place);
});

test('Postgres runs for root below a folder that only root may enter, and leaves nothing there', {
  skip: process.getuid?.() === 0 ? false : 'only root runs Postgres as another user',
}, async () => {
  const directory = join(newDirectory(), 'private');
  mkdirSync(directory, { mode: 0o700 });
  const engine = await open(directory, { queue: 'embedded:postgres' });
  assert.equal(engine.kind, 'postgres');
  await engine.close();
  assert.deepEqual(readdirSync(directory), []);
  assert.ok(!existsSync(socketDirectoryFor(directory)));
});
