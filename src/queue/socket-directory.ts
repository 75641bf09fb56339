/** A private directory with a short path for an engine's Unix socket. */
import { createHash } from 'node:crypto';
import { lstatSync, mkdirSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isSystemError, TopfiveError } from '../errors.ts';

/** Bytes of a socket's path that every system takes: Linux 107, macOS 103 (unix(7), sys/un.h). */
const longestSocketPath = 103;
/** The longest name that an engine gives its socket. */
export const longestSocketName = '.s.PGSQL.5432';

/**
 * The path for the engine of this directory: the same for every process of one user, so that clients find a restarted
 * engine where it was.
 */
export function socketDirectoryFor(directory: string): string {
  const digest = createHash('sha256').update(realpathSync(directory)).digest('hex').slice(0, 12);
  const name = `topfive-${process.getuid?.() ?? 0}-${digest}`;
  for (const root of [tmpdir(), '/tmp']) {
    const path = join(root, name);
    if (Buffer.byteLength(join(path, longestSocketName)) <= longestSocketPath) return path;
  }
  throw new TopfiveError('queue', `no directory with a path short enough for a Unix socket exists`);
}

/** The user and group `nobody`, as whom root runs a server that refuses to run as root. */
export const nobody = { uid: 65534, gid: 65534 };

/** Makes the directory for this user alone; a `queue` error when somebody else made one in its place. */
export function makePrivate(path: string): void {
  try {
    mkdirSync(path, { mode: 0o700 });
    return;
  } catch (error) {
    if (!isSystemError(error, 'EEXIST')) throw error;
  }
  const self = process.getuid?.() ?? 0;
  const stat = lstatSync(path);
  const isOurs = stat.uid === self || (self === 0 && stat.uid === nobody.uid);
  if (stat.isDirectory() && isOurs && (stat.mode & 0o077) === 0) return;
  throw new TopfiveError(
    'queue',
    `the embedded engine needs the directory ${path} for itself, but somebody else made it; remove it`,
  );
}

export function removeSocketDirectory(path: string): void {
  rmSync(path, { recursive: true, force: true });
}
