/** Who uses what: files that say that a living process needs something, and stop saying so when it dies. */
import { randomUUID } from 'node:crypto';
import { rmSync, statSync, utimesSync } from 'node:fs';
import { readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { z } from 'zod';
import { isSystemError } from '../errors.ts';
import { makeFolder } from './make-folder.ts';
import { identitySchema, isAlive, thisProcess } from './process-identity.ts';

const holderSchema = identitySchema.extend({ host: z.string() });
type Holder = z.infer<typeof holderSchema>;

/** Containers of one machine share files but not process ids: there a file that is touched says that its writer lives. */
const touchMs = 10_000;
const silentMs = 60_000;

/** Files of this process that are touched while it lives, and that go when it ends. */
const held = new Set<string>();
let touching = false;

function touchHeld(): void {
  const now = new Date();
  for (const path of held) {
    try {
      utimesSync(path, now, now);
    } catch (error) {
      if (!isSystemError(error, 'ENOENT')) throw error;
      held.delete(path);
    }
  }
}

/** Shows to other machines that this process lives, until the release; the file itself is the caller's. */
export function keepTouched(path: string): () => void {
  if (!touching) setInterval(touchHeld, touchMs).unref();
  touching = true;
  held.add(path);
  return () => void held.delete(path);
}

process.once('exit', () => {
  for (const path of held) rmSync(path, { force: true });
});

/** A holder on this host is looked at; one elsewhere must have touched its file within the last minute. */
export function isHeld({ host, ...identity }: Holder, path: string): boolean {
  if (host === hostname()) return isAlive(identity);
  const touched = statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? 0;
  return Date.now() - touched < silentMs;
}

/** @returns the release; without it the lease ends with this process */
export async function takeLease(folder: string): Promise<() => Promise<void>> {
  const path = join(folder, randomUUID());
  await makeFolder(folder);
  const holder: Holder = { ...thisProcess(), host: hostname() };
  await writeFile(path, JSON.stringify(holder));
  const forget = keepTouched(path);
  return async () => {
    forget();
    await rm(path, { force: true });
  };
}

/** Whether a living process has a lease in this folder; those of the dead are removed. */
export async function isLeased(folder: string): Promise<boolean> {
  let leased = false;
  for (const name of await namesIn(folder)) {
    const path = join(folder, name);
    const holder = await readHolder(path);
    if (holder && isHeld(holder, path)) leased = true;
    else if (holder) await rm(path, { force: true });
  }
  return leased;
}

/** Names in the folder; none where there is no folder. */
export async function namesIn(folder: string): Promise<string[]> {
  try {
    return await readdir(folder);
  } catch (error) {
    if (isSystemError(error, 'ENOENT')) return [];
    throw error;
  }
}

/** Undefined for one that has just gone. One that is being written counts as held from elsewhere until it is silent. */
async function readHolder(path: string): Promise<Holder | undefined> {
  try {
    return holderSchema.parse(JSON.parse(await readFile(path, 'utf8')));
  } catch (error) {
    if (isSystemError(error, 'ENOENT')) return undefined;
    return { pid: 1, startTime: '', host: '' };
  }
}
