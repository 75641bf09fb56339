/** The lock that lets one process own the embedded engine of a directory, and what it tells those who attach. */
import { hostname } from 'node:os';
import { join } from 'node:path';
import { z } from 'zod';
import { TopfiveError } from '../errors.ts';
import { type LockRecord, readLock, tryLock } from '../storage/lock-file.ts';
import { identitySchema, isAlive } from '../storage/process-identity.ts';

const noteSchema = z.object({
  kind: z.enum(['redis', 'postgres']),
  /** Null until the engine answers. */
  url: z.string().nullable(),
  /** The engine's own process, which may outlive its owner by a moment. */
  server: identitySchema.nullable(),
});
type EngineNote = z.infer<typeof noteSchema>;

export type EngineOwner = Omit<LockRecord, 'note'> & EngineNote;

export interface EngineLock {
  /** The owner before, if it died without letting go. */
  readonly predecessor: EngineOwner | undefined;
  update(fields: Partial<Pick<EngineNote, 'url' | 'server'>>): void;
  release(): void;
}

export const lockName = 'engine.lock';

/** Who owns the engine of this directory, or owned it last; undefined when nobody does. */
export function readEngineLock(directory: string): EngineOwner | undefined {
  const record = readLock(join(directory, lockName));
  return record && ownerOf(record);
}

/** A lock that cannot be read belongs to nobody's engine. */
function ownerOf({ note, ...record }: LockRecord): EngineOwner {
  const read = noteSchema.safeParse(note);
  return { ...record, ...(read.data ?? { kind: 'redis', url: null, server: null }) };
}

/** True while the owner lives. An owner on another host cannot be looked at: a `queue` error says what to do. */
export function isOwned(directory: string, { host, ...owner }: EngineOwner | LockRecord): boolean {
  if (host !== hostname()) {
    throw new TopfiveError(
      'queue',
      `the engine in ${directory} belongs to process ${owner.pid} on host "${host}", which cannot be reached from "${hostname()}"; stop it there, or delete ${join(directory, lockName)} if that host is gone`,
    );
  }
  return isAlive(owner);
}

/** Takes the lock, or returns undefined when another living process has it or is about to. */
export function tryEngineLock(directory: string, kind: EngineNote['kind']): EngineLock | undefined {
  let note: EngineNote = { kind, url: null, server: null };
  const lock = tryLock(join(directory, lockName), {
    note,
    isOwned: (owner) => isOwned(directory, owner),
  });
  return (
    lock && {
      predecessor: lock.predecessor && ownerOf(lock.predecessor),
      update(fields) {
        note = { ...note, ...fields };
        lock.update(note);
      },
      release: () => lock.release(),
    }
  );
}
