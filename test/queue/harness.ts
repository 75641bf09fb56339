/** What the tests of the queue share: temporary directories, waiting for facts, and workers in other processes. */
import assert from 'node:assert/strict';
import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { extname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import type { Cluster, Redis } from 'ioredis';
import { createLogger } from '../../src/log.ts';
import { postgresClient } from '../../src/queue/backend.ts';
import { openRedis, redisOptions } from '../../src/queue/redis-client.ts';
import { engineKind } from '../../src/queue/url.ts';

export const log = createLogger('silent');

/** A directory that another user may enter, because Postgres does not run as root. */
export function makeDirectory(): { path: string; remove: () => void } {
  const path = mkdtempSync(join(tmpdir(), 'topfive-test-'));
  chmodSync(path, 0o755);
  return { path, remove: () => rmSync(path, { recursive: true, force: true }) };
}

/** Looks again and again until there is something to see; fails after `withinMs`. */
export async function waitFor<T>(
  what: string,
  look: () => T | undefined | false | Promise<T | undefined | false>,
  withinMs = 20_000,
): Promise<T> {
  const deadline = Date.now() + withinMs;
  for (;;) {
    const seen = await look();
    if (seen !== undefined && seen !== false) return seen;
    assert.ok(Date.now() < deadline, `${what} within ${withinMs} ms`);
    await sleep(10);
  }
}

export interface OtherProcess {
  child: ChildProcessWithoutNullStreams;
  /** Lines that it printed so far. */
  lines: string[];
  line(start: string): Promise<string>;
  exited: Promise<{ code: number | null; signal: string | null }>;
}

/** Runs a program of this folder with JSON as its only argument. */
export function runProgram(name: string, options: unknown): OtherProcess {
  const file = fileURLToPath(new URL(`${name}${extname(import.meta.url)}`, import.meta.url));
  const child = spawn(process.execPath, ['--import', 'tsx', file, JSON.stringify(options)]);
  const lines: string[] = [];
  createInterface({ input: child.stdout }).on('line', (line) => lines.push(line));
  createInterface({ input: child.stderr }).on('line', (line) => lines.push(`! ${line}`));
  const exited = new Promise<{ code: number | null; signal: string | null }>((resolve) => {
    child.once('exit', (code, signal) => resolve({ code, signal }));
  });
  const line = (start: string) =>
    waitFor(`"${start}" from ${name} (${JSON.stringify(lines)})`, () =>
      lines.find((text) => text.startsWith(start)),
    );
  return { child, lines, line, exited };
}

/** Throws away everything that is on the queue, as a server without its disk would. */
export async function loseEverything(url: string): Promise<void> {
  if (engineKind(url) === 'redis') {
    await withRedis(url, (client) => client.flushall());
    return;
  }
  await withPostgres(url, async (client) => {
    const { rows } = await client.query(
      `SELECT tablename FROM pg_tables WHERE schemaname = 'topfive' AND tablename <> 'migration'`,
    );
    const tables = rows.map(({ tablename }) => `topfive."${tablename}"`);
    await client.query(`TRUNCATE ${tables.join(', ')} CASCADE`);
  });
}

/** Has the server keep what it was told: Postgres may forget the last moment (synchronous_commit = off). */
export async function settle(url: string): Promise<void> {
  if (engineKind(url) === 'postgres')
    await withPostgres(url, (client) => client.query('CHECKPOINT'));
}

/** Connections to the server besides the one that asks. */
export async function countConnections(url: string): Promise<number> {
  if (engineKind(url) === 'redis') {
    const list = await withRedis(url, (client) => client.client('LIST'));
    return String(list).trim().split('\n').length - 1;
  }
  return withPostgres(url, async (client) => {
    const { rows } = await client.query(
      `SELECT count(*) AS n FROM pg_stat_activity WHERE backend_type = 'client backend' AND pid <> pg_backend_pid()`,
    );
    return Number(rows[0].n);
  });
}

export async function withRedis<T>(
  url: string,
  use: (client: Redis | Cluster) => Promise<T>,
): Promise<T> {
  const client = openRedis(redisOptions(url));
  client.on('error', () => {});
  try {
    return await use(client);
  } finally {
    client.disconnect();
  }
}

export async function withPostgres<T>(
  url: string,
  use: (client: ReturnType<typeof postgresClient>) => Promise<T>,
): Promise<T> {
  const client = postgresClient(url);
  await client.connect();
  try {
    return await use(client);
  } finally {
    await client.end();
  }
}
