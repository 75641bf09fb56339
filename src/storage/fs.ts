/** Storage on a directory: atomic writes, listings in key order, nothing outside the root. */
import { randomUUID } from 'node:crypto';
import { type FileHandle, link, open, rename, rm, stat, unlink, writeFile } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { isSystemError, messageOf, TopfiveError } from '../errors.ts';
import { stampOf } from './digest.ts';
import { checkFolder, checkKey, checkPrefix, ownEnding } from './key.ts';
import { makeFolder } from './make-folder.ts';
import type { Storage, StoredObject } from './storage.ts';
import { readSubfolders, walk } from './walk.ts';

const absent = ['ENOENT', 'ENOTDIR', 'EISDIR'];
/** Errors of a write that no retry mends: the place itself cannot be written. */
const unwritable = [
  'EACCES',
  'EPERM',
  'EROFS',
  'ENOENT',
  'ENOTDIR',
  'EISDIR',
  'EEXIST',
  'ENAMETOOLONG',
];

/** @param root a directory; created by the first `put`. */
export function openFs(root: string): Storage {
  return new FsStorage(resolve(root));
}

class FsStorage implements Storage {
  readonly uri: string;
  readonly #root: string;

  constructor(root: string) {
    this.#root = root;
    this.uri = pathToFileURL(root).href;
  }

  async get(key: string): Promise<Buffer> {
    return this.#read(key, (file, bytes) => readFully(file, 0, bytes));
  }

  async range(key: string, offset: number, length: number): Promise<Buffer> {
    if (!(offset >= 0 && length >= 0)) {
      throw new TopfiveError(
        'usage',
        `A range of ${key} cannot start at ${offset} with ${length} bytes.`,
      );
    }
    return this.#read(key, (file, bytes) =>
      readFully(file, offset, Math.max(0, Math.min(length, bytes - offset))),
    );
  }

  async size(key: string): Promise<number | undefined> {
    try {
      const found = await stat(this.#path(key));
      return found.isFile() ? found.size : undefined;
    } catch (error) {
      if (isSystemError(error, ...absent)) return undefined;
      throw unreadable(this.#path(key), error);
    }
  }

  async version(key: string): Promise<string | undefined> {
    return (await this.size(key)) === undefined ? undefined : stampOf(this.#path(key));
  }

  async put(
    key: string,
    bytes: Uint8Array | string,
    { ifAbsent = false }: { ifAbsent?: boolean } = {},
  ): Promise<boolean> {
    const target = this.#path(key);
    if (ifAbsent && (await this.size(key)) !== undefined) return false;
    return writeWhole(target, { content: bytes, publish: ifAbsent ? linkOnce : replace });
  }

  async putStream(key: string, source: AsyncIterable<Uint8Array>): Promise<void> {
    await writeWhole(this.#path(key), { content: source, publish: replace });
  }

  async *list(prefix: string): AsyncGenerator<StoredObject> {
    checkPrefix(prefix);
    for await (const object of walk(this.#root, prefix)) {
      if (!object.key.endsWith(ownEnding)) yield object;
    }
  }

  async folders(prefix: string): Promise<string[]> {
    checkPrefix(prefix);
    return readSubfolders(join(this.#root, prefix));
  }

  async delete(key: string): Promise<void> {
    try {
      await unlink(this.#path(key));
    } catch (error) {
      if (!isSystemError(error, 'ENOENT', 'ENOTDIR')) throw unwritten(this.#path(key), error);
    }
  }

  async deleteFolder(prefix: string): Promise<void> {
    checkFolder(prefix);
    const folder = join(this.#root, prefix);
    try {
      await rm(folder, { recursive: true, force: true });
    } catch (error) {
      throw unwritten(folder, error);
    }
  }

  #path(key: string): string {
    checkKey(key);
    return join(this.#root, key);
  }

  async #read(
    key: string,
    take: (file: FileHandle, bytes: number) => Promise<Buffer>,
  ): Promise<Buffer> {
    const path = this.#path(key);
    let file: FileHandle | undefined;
    try {
      file = await open(path, 'r');
      const found = await file.stat();
      if (!found.isFile()) throw notFound(path);
      return await take(file, found.size);
    } catch (error) {
      if (isSystemError(error, ...absent)) throw notFound(path, error);
      throw error instanceof TopfiveError ? error : unreadable(path, error);
    } finally {
      await file?.close();
    }
  }
}

/** Largest single read: the system call takes at most 2 GiB − 1. */
const mostAtOnce = 2 ** 30;

async function readFully(file: FileHandle, offset: number, length: number): Promise<Buffer> {
  const buffer = Buffer.allocUnsafeSlow(length);
  let filled = 0;
  while (filled < length) {
    const want = Math.min(length - filled, mostAtOnce);
    const { bytesRead } = await file.read(buffer, filled, want, offset + filled);
    if (bytesRead === 0) break;
    filled += bytesRead;
  }
  return filled === length ? buffer : buffer.subarray(0, filled);
}

type Content = Uint8Array | string | AsyncIterable<Uint8Array>;

/** Writes a draft beside the target and publishes it under the target's name, or leaves nothing. */
async function writeWhole(
  target: string,
  {
    content,
    publish,
  }: { content: Content; publish: (draft: string, target: string) => Promise<boolean> },
): Promise<boolean> {
  const folder = dirname(target);
  const draft = join(folder, `.${randomUUID()}${ownEnding}`);
  try {
    await makeFolder(folder);
    await writeDurably(draft, content);
    const written = await publish(draft, target);
    if (written) await syncFolder(folder);
    return written;
  } catch (error) {
    await rm(draft, { force: true }).catch(() => {});
    throw unwritten(target, error);
  }
}

async function writeDurably(path: string, content: Content): Promise<void> {
  const file = await open(path, 'wx');
  try {
    await writeFile(file, content);
    await file.sync();
  } finally {
    await file.close();
  }
}

async function replace(draft: string, target: string): Promise<true> {
  await rename(draft, target);
  return true;
}

/** A hard link fails when the name is taken, so of many writers exactly one wins, with its whole content. */
async function linkOnce(draft: string, target: string): Promise<boolean> {
  try {
    await link(draft, target);
  } catch (error) {
    if (!isSystemError(error, 'EEXIST') || !(await stat(target)).isFile()) throw error;
    await unlink(draft);
    return false;
  }
  await unlink(draft);
  return true;
}

/** Makes a new name in the folder survive a power cut. */
async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

function notFound(path: string, cause?: unknown): TopfiveError {
  return new TopfiveError('not-found', `There is no file at ${path}; check the path.`, { cause });
}

function unreadable(path: string, cause: unknown): TopfiveError {
  return new TopfiveError('storage', `${path} could not be read: ${messageOf(cause)}.`, { cause });
}

function unwritten(path: string, cause: unknown): TopfiveError {
  if (cause instanceof TopfiveError) return cause;
  return isSystemError(cause, ...unwritable)
    ? new TopfiveError(
        'output',
        `${path} cannot be written (${messageOf(cause)}); choose a place that can be written.`,
        { cause },
      )
    : new TopfiveError('storage', `${path} could not be written: ${messageOf(cause)}.`, { cause });
}
