/** A private Redis (or Valkey) as a child of this process. */
import { spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { Redis } from 'ioredis';
import { redisOptions } from './backend.ts';
import type { EmbeddedServer, ServerPlace } from './embedded-server.ts';
import { isOlderThan, oldestRedis } from './probe.ts';
import { findExecutable, spawnTied, type TiedProcess } from './tied-process.ts';
import { unixUrl } from './url.ts';

/** The Redis or Valkey server on the search path, unless it is older than BullMQ supports. */
export function findRedis(path: string): string | undefined {
  const file = findExecutable(['redis-server', 'valkey-server'], path);
  if (!file) return undefined;
  const version = /v=([\d.]+)/.exec(String(spawnSync(file, ['--version']).stdout))?.[1] ?? '';
  return isOlderThan(version, oldestRedis) ? undefined : file;
}

/** Decides where a Redis listens, once, so that a restarted one is found in the same place. */
export async function prepareRedis(file: string, place: ServerPlace): Promise<EmbeddedServer> {
  const { directory, socketDirectory, path } = place;
  const loopback = await chooseLoopback(place);
  const socket = join(socketDirectory, 'redis.sock');
  const url = loopback ? `redis://:${loopback.secret}@127.0.0.1:${loopback.port}` : unixUrl(socket);
  const input = configuration({
    dir: directory,
    ...(loopback
      ? { port: String(loopback.port), bind: '127.0.0.1', requirepass: loopback.secret }
      : { port: '0', unixsocket: socket, unixsocketperm: '700' }),
    appendonly: 'yes',
    appendfsync: 'everysec',
    'aof-load-truncated': 'yes',
    save: '',
    'maxmemory-policy': 'noeviction',
    daemonize: 'no',
  });
  return {
    url,
    // The configuration goes through standard input, so that the password is not in the list of processes.
    launch: () => spawnTied({ file, args: ['-'], input, stopSignal: 'SIGTERM', path }),
    waitUntilReady: (child) => waitForRedis(url, child),
  };
}

interface Loopback {
  port: number;
  secret: string;
}

async function chooseLoopback({ listen, formerUrl }: ServerPlace): Promise<Loopback | undefined> {
  if (formerUrl?.startsWith('redis:')) {
    const { port, password } = new URL(formerUrl);
    return { port: Number(port), secret: password };
  }
  if (listen === 'socket') return undefined;
  return { port: await findFreePort(), secret: randomBytes(24).toString('hex') };
}

/** The lines of a Redis configuration, each value quoted. */
function configuration(settings: Record<string, string>): string {
  const quote = (value: string) => `"${value.replace(/["\\]/g, '\\$&')}"`;
  return Object.entries(settings)
    .map(([name, value]) => `${name} ${quote(value)}\n`)
    .join('');
}

/** Connects until the server answers and has read its data; rejects when it ends first. */
async function waitForRedis(url: string, child: TiedProcess): Promise<void> {
  const client = new Redis({
    ...redisOptions(url),
    lazyConnect: true,
    enableReadyCheck: true,
    maxRetriesPerRequest: null,
    maxLoadingRetryTime: 100,
    retryStrategy: () => 5,
  });
  client.on('error', () => {});
  try {
    const answered = client.ping();
    answered.catch(() => {});
    await Promise.race([answered, child.ended]);
    if (!child.running) throw new Error(child.lastOutput() || 'it ended at once');
  } finally {
    client.disconnect();
  }
}

function findFreePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() =>
        typeof address === 'object' && address
          ? resolve(address.port)
          : reject(new Error('no port')),
      );
    });
  });
}
