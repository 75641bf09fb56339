/** A lock that one process owns: taken atomically, freed by death. */
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
import { basename, dirname, join } from 'node:path';
import { z } from 'zod';
import { isSystemError } from '../errors.ts';
import { identitySchema, isAlive, thisProcess } from './process-identity.ts';

const recordSchema = identitySchema.extend({
  /** Never used twice; what a successor names its claim after. */
  id: z.string(),
  host: z.string(),
  /** What the owner tells others. */
  note: z.unknown().optional(),
});
export type LockRecord = z.infer<typeof recordSchema>;

export interface HeldLock {
  /** The record of the owner before, if that owner died without letting go. */
  readonly predecessor: LockRecord | undefined;
  /** Tells others something new. */
  update(note: unknown): void;
  release(): void;
}

export interface LockTerms {
  /** What others may read while the lock is held. */
  note?: unknown;
  /** True while the owner lives, or may live. */
  isOwned: (owner: LockRecord, path: string) => boolean;
}

/** No process started then. */
const unreadableStart = 'unreadable';

/** Who owns the lock, or owned it last; undefined when nobody does. */
export function readLock(path: string): LockRecord | undefined {
  return readRecord(path);
}

/**
 * Takes the lock, or returns undefined when another living process has it or is about to.
 *
 * A lock is created by linking a finished file to its name, which only one process can do. A dead owner's lock is never
 * removed: its successor first creates a claim named after the dead owner's id, which again only one process can do,
 * makes sure that the lock still is that owner's, and renames its own record over it. A claimer that dies halfway is
 * succeeded in the same way. Ids are never reused, so a claim that comes too late finds another id in the lock.
 */
export function tryLock(lock: string, { note, isOwned }: LockTerms): HeldLock | undefined {
  const record: LockRecord = { ...thisProcess(), id: randomUUID(), host: hostname(), note };
  const draft = `${lock}.${record.id}.draft`;
  writeFileSync(draft, JSON.stringify(record), { mode: 0o600 });
  try {
    if (linkIfFree(draft, lock)) return holdLock(lock, { record, predecessor: undefined });
    const predecessor = readLock(lock);
    if (!predecessor || isOwned(predecessor, lock)) return undefined;
    if (!succeed(lock, { draft, predecessor, isOwned })) return undefined;
    return holdLock(lock, { record, predecessor });
  } finally {
    rmSync(draft, { force: true });
  }
}

function succeed(
  lock: string,
  {
    draft,
    predecessor,
    isOwned,
  }: { draft: string; predecessor: LockRecord; isOwned: LockTerms['isOwned'] },
): boolean {
  let claim = `${lock}.${predecessor.id}`;
  for (let claimer = readRecord(claim); claimer; claimer = readRecord(claim)) {
    if (isOwned(claimer, claim)) return false;
    claim = `${lock}.${claimer.id}`;
  }
  if (!linkIfFree(draft, claim)) return false;
  if (readLock(lock)?.id !== predecessor.id) {
    rmSync(claim, { force: true });
    return false;
  }
  renameSync(draft, lock);
  return true;
}

function holdLock(
  lock: string,
  { record, predecessor }: { record: LockRecord; predecessor: LockRecord | undefined },
): HeldLock {
  const isMine = () => readLock(lock)?.id === record.id;
  removeRemains(lock);
  return {
    predecessor,
    update(note) {
      const draft = `${lock}.${record.id}.draft`;
      writeFileSync(draft, JSON.stringify({ ...record, note }), { mode: 0o600 });
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
function removeRemains(lock: string): void {
  for (const name of readdirSync(dirname(lock))) {
    if (!name.startsWith(`${basename(lock)}.`)) continue;
    const path = join(dirname(lock), name);
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
      note: undefined,
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
