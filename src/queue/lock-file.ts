/** The lock that lets one process own the embedded engine of a directory: taken atomically, freed by death. */
import { randomUUID } from 'node:crypto';
import {
  linkSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { z } from 'zod';
import { isSystemError, TopfiveError } from '../errors.ts';
import { identifyProcess, isAlive } from './process-identity.ts';

const identitySchema = z.object({ pid: z.number().int().positive(), startTime: z.string() });

const recordSchema = identitySchema.extend({
  /** Never used twice; what a successor names its claim after. */
  id: z.string(),
  host: z.string(),
  kind: z.enum(['redis', 'postgres']),
  /** Null until the engine answers. */
  url: z.string().nullable(),
  /** The engine's own process, which may outlive its owner by a moment. */
  server: identitySchema.nullable(),
});
export type LockRecord = z.infer<typeof recordSchema>;

export interface HeldLock {
  /** The record of the owner before, if that owner died without letting go. */
  readonly predecessor: LockRecord | undefined;
  update(fields: Partial<Pick<LockRecord, 'url' | 'server'>>): void;
  release(): void;
}

export const lockName = 'engine.lock';
/** No process started then. */
const unreadableStart = 'unreadable';

/** Who owns the engine of this directory, or owned it last; undefined when nobody does. */
export function readLock(directory: string): LockRecord | undefined {
  return readRecord(join(directory, lockName));
}

/** True while the owner lives. An owner on another host cannot be looked at: a `queue` error says what to do. */
export function isOwned(directory: string, record: LockRecord): boolean {
  if (record.host !== hostname()) {
    throw new TopfiveError(
      'queue',
      `the engine in ${directory} belongs to process ${record.pid} on host "${record.host}", which cannot be reached from "${hostname()}"; stop it there, or delete ${join(directory, lockName)} if that host is gone`,
    );
  }
  return isAlive(record);
}

/**
 * Takes the lock, or returns undefined when another living process has it or is about to.
 *
 * A lock is created by linking a finished file to its name, which only one process can do. A dead owner's lock is never
 * removed: its successor first creates a claim named after the dead owner's id, which again only one process can do,
 * makes sure that the lock still is that owner's, and renames its own record over it. A claimer that dies halfway is
 * succeeded in the same way. Ids are never reused, so a claim that comes too late finds another id in the lock.
 */
export function tryLock(directory: string, kind: LockRecord['kind']): HeldLock | undefined {
  const lock = join(directory, lockName);
  const self = identifyProcess(process.pid);
  if (!self) throw new Error('this process cannot find itself');
  const record: LockRecord = {
    ...self,
    id: randomUUID(),
    host: hostname(),
    kind,
    url: null,
    server: null,
  };
  const draft = `${lock}.${record.id}.draft`;
  writeFileSync(draft, JSON.stringify(record), { mode: 0o600 });
  try {
    if (linkIfFree(draft, lock)) return holdLock(directory, { record, predecessor: undefined });
    const predecessor = readLock(directory);
    if (!predecessor || isOwned(directory, predecessor)) return undefined;
    if (!succeed(directory, { draft, predecessor })) return undefined;
    return holdLock(directory, { record, predecessor });
  } finally {
    rmSync(draft, { force: true });
  }
}

function succeed(
  directory: string,
  { draft, predecessor }: { draft: string; predecessor: LockRecord },
): boolean {
  const lock = join(directory, lockName);
  let claim = `${lock}.${predecessor.id}`;
  for (let claimer = readRecord(claim); claimer; claimer = readRecord(claim)) {
    if (isOwned(directory, claimer)) return false;
    claim = `${lock}.${claimer.id}`;
  }
  if (!linkIfFree(draft, claim)) return false;
  if (readLock(directory)?.id !== predecessor.id) {
    rmSync(claim, { force: true });
    return false;
  }
  renameSync(draft, lock);
  return true;
}

function holdLock(
  directory: string,
  { record, predecessor }: { record: LockRecord; predecessor: LockRecord | undefined },
): HeldLock {
  const lock = join(directory, lockName);
  let current = record;
  const isMine = () => readLock(directory)?.id === record.id;
  removeRemains(directory);
  return {
    predecessor,
    update(fields) {
      current = { ...current, ...fields };
      const draft = `${lock}.${record.id}.draft`;
      writeFileSync(draft, JSON.stringify(current), { mode: 0o600 });
      if (isMine()) renameSync(draft, lock);
      else rmSync(draft, { force: true });
    },
    release() {
      if (isMine()) rmSync(lock, { force: true });
    },
  };
}

/**
 * Claims and drafts whose writers are done or dead. A claim still in use belongs to a lock that is no longer in place.
 * A file that cannot be read may be a draft that somebody is writing, so it is left alone.
 */
function removeRemains(directory: string): void {
  for (const name of readdirSync(directory)) {
    if (!name.startsWith(`${lockName}.`)) continue;
    const path = join(directory, name);
    const writer = readRecord(path);
    if (!writer || writer.startTime === unreadableStart || writer.host !== hostname()) continue;
    if (writer.pid === process.pid || !isAlive(writer)) rmSync(path, { force: true });
  }
}

function linkIfFree(draft: string, target: string): boolean {
  try {
    linkSync(draft, target);
    return true;
  } catch (error) {
    if (isSystemError(error, 'EEXIST')) return false;
    throw error;
  }
}

/** A record that cannot be read (a full disk cut it short) counts as a dead owner's. */
function readRecord(path: string): LockRecord | undefined {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    if (isSystemError(error, 'ENOENT')) return undefined;
    throw error;
  }
  const parsed = recordSchema.safeParse(parseJson(text));
  return parsed.success ? parsed.data : unreadable(path);
}

function unreadable(path: string): LockRecord | undefined {
  const stat = statSync(path, { throwIfNoEntry: false });
  return (
    stat && {
      id: `unreadable-${Math.trunc(stat.mtimeMs)}-${stat.size}`,
      pid: 1,
      startTime: unreadableStart,
      host: hostname(),
      kind: 'redis',
      url: null,
      server: null,
    }
  );
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
