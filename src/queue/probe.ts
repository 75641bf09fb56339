/** Asks a queue's server whether it can carry the queue: reachable, new enough, never evicting. */
import type { Cluster, Redis } from 'ioredis';
import { messageOf, TopfiveError } from '../errors.ts';
import type { Logger } from '../log.ts';
import { migrate, postgresClient } from './backend.ts';
import { openRedis, redisOptions } from './redis-client.ts';
import { engineKind, redactMessage, redactUrl } from './url.ts';

/** The oldest Redis that BullMQ supports. */
export const oldestRedis = [6, 2] as const;

/** Rejects with a `queue` error of one sentence; on Postgres it also brings the tables up to date. */
export async function probeServer(url: string, log: Logger): Promise<void> {
  await (engineKind(url) === 'redis' ? probeRedis(url, log) : probePostgres(url));
}

async function probeRedis(url: string, log: Logger): Promise<void> {
  const info = await readRedisInfo(url);
  const where = redactUrl(url);
  const version = info.get('valkey_version') ?? info.get('redis_version') ?? 'unknown';
  if (isOlderThan(version, oldestRedis)) {
    throw new TopfiveError(
      'queue',
      `the queue needs Redis ${oldestRedis.join('.')} or newer, but ${where} is ${version}; upgrade it or leave out --queue to use the embedded engine`,
    );
  }
  const policy = info.get('maxmemory_policy');
  if (policy === undefined) {
    log.warn(
      `the eviction policy of ${where} cannot be read; it must be noeviction, or jobs may vanish`,
    );
  } else if (policy !== 'noeviction') {
    throw new TopfiveError(
      'queue',
      `the queue needs a Redis that never evicts keys, but ${where} has maxmemory-policy ${policy}; run "CONFIG SET maxmemory-policy noeviction" there, or set it in the service's parameter group`,
    );
  }
}

/** The fields of INFO, with the eviction policy from CONFIG where INFO has none and CONFIG is allowed. */
async function readRedisInfo(url: string): Promise<Map<string, string>> {
  let client: Redis | Cluster | undefined;
  let refused: unknown;
  try {
    client = connectOnce(url);
    client.on('error', (error) => {
      refused ??= error;
    });
    await client.connect();
    const info = parseInfo(await client.info());
    if (!info.has('maxmemory_policy')) {
      const pair = await client.config('GET', 'maxmemory-policy').catch(() => []);
      if (Array.isArray(pair) && pair.length === 2) info.set('maxmemory_policy', String(pair[1]));
    }
    return info;
  } catch (error) {
    if (error instanceof TopfiveError) throw error;
    throw unreachable(url, refused ?? error);
  } finally {
    client?.disconnect();
  }
}

/** Speaks the older protocol, so that a Redis before 6 can say how old it is. */
function connectOnce(url: string): Redis | Cluster {
  return openRedis({
    ...redisOptions(url),
    protocol: 2,
    lazyConnect: true,
    maxRetriesPerRequest: 0,
    retryStrategy: null,
    sentinelRetryStrategy: () => null,
    commandTimeout: 5000,
  });
}

function parseInfo(text: string): Map<string, string> {
  const lines = text.split(/\r?\n/).filter((line) => line.includes(':'));
  return new Map(
    lines.map((line) => {
      const colon = line.indexOf(':');
      return [line.slice(0, colon), line.slice(colon + 1)];
    }),
  );
}

/** True when `version` ("7.0.15") is below `[major, minor]`; an unreadable one counts as old. */
export function isOlderThan(version: string, [major, minor]: readonly [number, number]): boolean {
  const [ours = Number.NaN, second = 0] = version
    .split('.')
    .map((part) => Number.parseInt(part, 10));
  return !(ours > major || (ours === major && second >= minor));
}

async function probePostgres(url: string): Promise<void> {
  const client = postgresClient(url);
  client.on('error', () => {});
  try {
    await client.connect();
    await migrate(client);
  } catch (error) {
    throw unreachable(url, error);
  } finally {
    await client.end().catch(() => {});
  }
}

function unreachable(url: string, error: unknown): TopfiveError {
  return new TopfiveError(
    'queue',
    `the queue at ${redactUrl(url)} cannot be used: ${redactMessage(messageOf(error), url)}; check the address and that the server runs, or leave out --queue to use the embedded engine`,
    { cause: error },
  );
}
