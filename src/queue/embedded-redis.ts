/** A private Redis (or Valkey) as a child of this process. */
import { spawnSync } from 'node:child_process';
import { Redis } from 'ioredis';
import type { EmbeddedServer, ServerPlace } from './embedded-server.ts';
import { settlesWithin } from './patience.ts';
import { isOlderThan, oldestRedis } from './probe.ts';
import { redisOptions } from './redis-client.ts';
import { decideListening } from './redis-listening.ts';
import { findExecutable, spawnTied, type TiedProcess } from './tied-process.ts';

/** The Redis or Valkey server on the search path, unless it is older than BullMQ supports. */
export function findRedis(path: string): string | undefined {
  const file = findExecutable(['redis-server', 'valkey-server'], path);
  if (!file) return undefined;
  const version = /v=([\d.]+)/.exec(String(spawnSync(file, ['--version']).stdout))?.[1] ?? '';
  return isOlderThan(version, oldestRedis) ? undefined : file;
}

/** Decides where a Redis listens, once, so that a restarted one is found in the same place. */
export async function prepareRedis(file: string, place: ServerPlace): Promise<EmbeddedServer> {
  const { directory, path } = place;
  const { url, settings } = await decideListening(place);
  const input = configuration([
    ['dir', directory],
    ...settings,
    ['appendonly', 'yes'],
    ['appendfsync', 'everysec'],
    ['aof-load-truncated', 'yes'],
    ['save', ''],
    ['maxmemory-policy', 'noeviction'],
    ['daemonize', 'no'],
  ]);
  return {
    url,
    // The configuration goes through standard input, so that the password is not in the list of processes.
    launch: () => spawnTied({ file, args: ['-'], input, stopSignal: 'SIGTERM', path }),
    waitUntilReady: (child) => waitForRedis(url, child),
  };
}

/** The lines of a Redis configuration, each value quoted. */
function configuration(settings: [string, ...string[]][]): string {
  const quote = (value: string) => `"${value.replace(/["\\]/g, '\\$&')}"`;
  return settings.map(([name, ...values]) => `${name} ${values.map(quote).join(' ')}\n`).join('');
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
    await Promise.race([answered, child.ended]).catch(async (error) => {
      // Another server on the port answers while ours still finds out that the port is taken.
      if (!(await settlesWithin(child.ended, 1000))) throw error;
    });
    if (!child.running) throw new Error(child.lastOutput() || 'it ended at once');
  } finally {
    client.disconnect();
  }
}
