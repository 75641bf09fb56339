/** Files of this machine that were made or downloaded once, under the digest of what they come from. */
import { randomUUID } from 'node:crypto';
import { rename, rm, stat } from 'node:fs/promises';
import { dirname, join, relative, sep } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import type { CacheSettings } from '../config.ts';
import { isSystemError, messageOf, TopfiveError } from '../errors.ts';
import { type CachedFile, describeFiles, entryFile, readEntry, writeEntry } from './cache-entry.ts';
import { isHeld, isLeased, keepTouched, namesIn, takeLease } from './leases.ts';
import { readLock, tryLock } from './lock-file.ts';
import { makeFolder } from './make-folder.ts';

export interface CachedFiles {
  /** Holds the files, and nothing may be changed in it. */
  folder: string;
  files: readonly CachedFile[];
  /** They may be removed from now on. Without it they stay until this process ends. */
  release(): Promise<void>;
}

export interface MakeOptions {
  /** Called once when another process makes the same, before it is waited for. */
  onWait?: (pid: number) => void;
}

export interface ArtifactCache {
  readonly root: string;
  /**
   * The files under a key, made unless they are there; of all processes that ask at the same time one makes them.
   * @param key SHA-256, in hex, of all that the files depend on
   * @param make writes files into an empty folder; when it throws, nothing stays, and its error is thrown here
   */
  getOrMake(
    key: string,
    make: (folder: string) => Promise<void>,
    options?: MakeOptions,
  ): Promise<CachedFiles>;
  /**
   * Does what no other process does under the same key at the same time. What a failure leaves in the folder is there when
   * it is tried again, for a week; after a success the folder goes.
   */
  resumable<T>(
    key: string,
    work: (folder: string) => Promise<T>,
    options?: MakeOptions,
  ): Promise<T>;
  /** Undefined when nothing is kept under the key. */
  find(key: string): Promise<CachedFiles | undefined>;
  /** Keeps what `path` belongs to; undefined for a path outside of the cache. */
  hold(path: string): Promise<CachedFiles | undefined>;
}

/** How often a process looks whether the one that makes what it needs has ended. */
const pollMs = 100;
/** Errors of a place that cannot be written, or of a full disk. */
const unwritable = ['EACCES', 'EPERM', 'EROFS', 'ENOSPC', 'EDQUOT', 'ENOTDIR', 'EEXIST', 'ENOENT'];
/** How long the beginnings of a download wait for somebody to go on: a week. */
const pendingMs = 7 * 24 * 3600 * 1000;
const keyPattern = /^[0-9a-f]{64}$/;

/** Beyond its limit what was not used for longest goes first; what is in use never goes. */
export function openArtifactCache(settings: CacheSettings): ArtifactCache {
  return new FolderCache(settings);
}

class FolderCache implements ArtifactCache {
  readonly root: string;
  readonly #limit: number;

  constructor({ root, limit }: CacheSettings) {
    this.root = root;
    this.#limit = limit;
  }

  async getOrMake(
    key: string,
    make: (folder: string) => Promise<void>,
    { onWait }: MakeOptions = {},
  ): Promise<CachedFiles> {
    return this.#guarded(async () => {
      await makeFolder(this.root);
      for (let waited = false; ; waited = true) {
        const found = await this.find(key);
        if (found) return found;
        if (await this.#locked(key, () => this.#makeLocked(key, make))) continue;
        await this.#wait(key, waited ? undefined : onWait);
      }
    });
  }

  async resumable<T>(
    key: string,
    work: (folder: string) => Promise<T>,
    { onWait }: MakeOptions = {},
  ): Promise<T> {
    const folder = this.#path('pending', key);
    return this.#guarded(async () => {
      await makeFolder(this.root);
      for (let waited = false; ; waited = true) {
        const done: T[] = [];
        const ran = await this.#locked(key, async () => {
          await this.#sweep(key);
          await makeFolder(folder);
          done.push(await work(folder));
          await rm(folder, { recursive: true, force: true });
        });
        if (ran) return done[0];
        await this.#wait(key, waited ? undefined : onWait);
      }
    });
  }

  async find(key: string): Promise<CachedFiles | undefined> {
    const found = await this.#open(key);
    if (found === 'damaged') await this.#remove(key, { evenInUse: true });
    return found === 'damaged' ? undefined : found;
  }

  async hold(path: string): Promise<CachedFiles | undefined> {
    const [key, ...rest] = relative(join(this.root, 'entries'), path).split(sep);
    return keyPattern.test(key) && rest.length > 0 ? this.find(key) : undefined;
  }

  /** Tells once who is waited for, and gives the other time. */
  async #wait(key: string, onWait: MakeOptions['onWait']): Promise<void> {
    const owner = readLock(this.#path('locks', key));
    if (owner) onWait?.(owner.pid);
    await pause(pollMs);
  }

  async #open(key: string): Promise<CachedFiles | 'damaged' | undefined> {
    if (!keyPattern.test(key)) throw new Error(`a cache key is a SHA-256 in hex, not "${key}"`);
    const folder = this.#path('entries', key);
    if (!(await isThere(folder))) return undefined;
    // Whoever removes an entry looks for leases after it has moved the entry away, so one of the two sees the other.
    const release = await takeLease(this.#path('uses', key));
    const files = await readEntry(folder);
    if (files) return { folder, files, release };
    await release();
    return 'damaged';
  }

  async #makeLocked(key: string, make: (folder: string) => Promise<void>): Promise<void> {
    const found = await this.#open(key);
    if (found && found !== 'damaged') return found.release();
    await this.#moveAway(key, { evenInUse: true });
    await this.#sweep(key);
    const draft = this.#draft(key);
    try {
      await makeFolder(draft);
      await make(draft);
      const files = await describeFiles(draft);
      await this.#makeRoom(files.reduce((sum, { bytes }) => sum + bytes, 0));
      await writeEntry(draft, files);
      await makeFolder(join(this.root, 'entries'));
      await rename(draft, this.#path('entries', key));
    } finally {
      await rm(draft, { recursive: true, force: true });
    }
  }

  /** Removes what was not used for longest until `bytes` more fit. */
  async #makeRoom(bytes: number): Promise<void> {
    const entries = await this.#entries();
    let total = entries.reduce((sum, entry) => sum + entry.bytes, bytes);
    for (const entry of entries.sort((a, b) => a.usedAt - b.usedAt)) {
      if (total <= this.#limit) return;
      if (await this.#remove(entry.key, { evenInUse: false })) total -= entry.bytes;
    }
    if (total <= this.#limit) return;
    const gigabytes = (count: number) => `${(count / 1e9).toFixed(1)} GB`;
    throw new TopfiveError(
      'output',
      `${gigabytes(bytes)} are to be kept in the cache ${this.root}, which takes ${gigabytes(this.#limit)} and has ${gigabytes(total - bytes)} in use: set TOPFIVE_CACHE_SIZE higher`,
    );
  }

  async #entries(): Promise<{ key: string; bytes: number; usedAt: number }[]> {
    const entries: { key: string; bytes: number; usedAt: number }[] = [];
    for (const key of await namesIn(join(this.root, 'entries'))) {
      const folder = this.#path('entries', key);
      try {
        const { mtimeMs } = await stat(join(folder, entryFile));
        const names = (await namesIn(folder)).filter((name) => name !== entryFile);
        const sizes = await Promise.all(
          names.map(async (name) => (await stat(join(folder, name))).size),
        );
        entries.push({ key, bytes: sizes.reduce((a, b) => a + b, 0), usedAt: mtimeMs });
      } catch (error) {
        if (!isSystemError(error, 'ENOENT', 'ENOTDIR')) throw error;
      }
    }
    return entries;
  }

  /** @returns false when the entry stays, because it is in use or being made */
  async #remove(key: string, options: { evenInUse: boolean }): Promise<boolean> {
    let gone = false;
    await this.#locked(key, async () => {
      gone = await this.#moveAway(key, options);
    });
    return gone;
  }

  async #moveAway(key: string, { evenInUse }: { evenInUse: boolean }): Promise<boolean> {
    const folder = this.#path('entries', key);
    const draft = this.#draft(key);
    await makeFolder(dirname(draft));
    try {
      await rename(folder, draft);
    } catch (error) {
      if (isSystemError(error, 'ENOENT')) return true;
      throw error;
    }
    if (!evenInUse && (await isLeased(this.#path('uses', key)))) {
      await rename(draft, folder);
      return false;
    }
    await rm(draft, { recursive: true, force: true });
    return true;
  }

  /** Removes what processes left behind that died while they made something, and what nobody went on with. */
  async #sweep(ownKey: string): Promise<void> {
    const drafts = (await namesIn(join(this.root, 'making'))).map((name) => ({
      path: this.#path('making', name),
      key: name.slice(0, name.indexOf('.')),
    }));
    for (const { key, path } of drafts) {
      if (key === ownKey || !this.#isLocked(key)) await rm(path, { recursive: true, force: true });
    }
    for (const key of await namesIn(join(this.root, 'pending'))) {
      const path = this.#path('pending', key);
      if (key === ownKey || this.#isLocked(key) || !(await isOlder(path, pendingMs))) continue;
      await rm(path, { recursive: true, force: true });
    }
  }

  #isLocked(key: string): boolean {
    const lock = this.#path('locks', key);
    const owner = readLock(lock);
    return owner !== undefined && isHeld(owner, lock);
  }

  /** @returns false, without doing the work, while another has the lock */
  async #locked(key: string, work: () => Promise<void>): Promise<boolean> {
    const path = this.#path('locks', key);
    await makeFolder(dirname(path));
    const lock = tryLock(path, { isOwned: (owner, file) => isHeld(owner, file) });
    if (!lock) return false;
    const forget = keepTouched(path);
    try {
      await work();
      return true;
    } finally {
      forget();
      lock.release();
    }
  }

  async #guarded<T>(work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (error) {
      if (!isSystemError(error, ...unwritable)) throw error;
      throw new TopfiveError(
        'output',
        `the cache ${this.root} cannot be written (${messageOf(error)}): make room, or name another directory with TOPFIVE_CACHE`,
        { cause: error },
      );
    }
  }

  #path(kind: 'entries' | 'locks' | 'uses' | 'making' | 'pending', name: string): string {
    return join(this.root, kind, name);
  }

  #draft(key: string): string {
    return this.#path('making', `${key}.${randomUUID()}`);
  }
}

async function isThere(path: string): Promise<boolean> {
  try {
    await stat(path);
    return true;
  } catch (error) {
    if (isSystemError(error, 'ENOENT')) return false;
    throw error;
  }
}

/** True when nothing in the folder was written to for so long. */
async function isOlder(folder: string, ms: number): Promise<boolean> {
  for (const path of [folder, ...(await namesIn(folder)).map((name) => join(folder, name))]) {
    if (Date.now() - (await stat(path)).mtimeMs < ms) return false;
  }
  return true;
}
