/** A checkpoint on disk: opened once, read by position, never as a whole. */
import { readSync } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { isSystemError, messageOf, TopfiveError } from '../../errors.ts';

/** Makes the one error of a checkpoint; `why` ends its sentence. */
export type Refuse = (why: string, cause?: unknown) => TopfiveError;

export class CheckpointFile {
  readonly size: number;
  readonly refuse: Refuse;
  readonly #handle: FileHandle;

  private constructor(handle: FileHandle, { size, refuse }: { size: number; refuse: Refuse }) {
    this.#handle = handle;
    this.size = size;
    this.refuse = refuse;
  }

  /** @throws TopfiveError `model` when there is no such file, or nothing in it */
  static async open(path: string): Promise<CheckpointFile> {
    const refuse: Refuse = (why, cause) =>
      new TopfiveError('model', `The checkpoint ${path} ${why}.`, { cause });
    let handle: FileHandle;
    try {
      handle = await open(path);
    } catch (error) {
      throw isSystemError(error, 'ENOENT', 'ENOTDIR')
        ? refuse('does not exist: check the path', error)
        : refuse(`cannot be opened: ${messageOf(error)}`, error);
    }
    try {
      const stats = await handle.stat();
      if (!stats.isFile()) throw refuse('is not a file: give the path of a file of weights');
      if (stats.size === 0) throw refuse('is empty: download it again');
      return new CheckpointFile(handle, { size: stats.size, refuse });
    } catch (error) {
      await handle.close();
      throw error;
    }
  }

  /** For headers and pickles: small pieces, parsed on the spot. */
  readNow(start: number, length: number): Buffer {
    this.#checkRange(start, length);
    const bytes = Buffer.alloc(length);
    for (let done = 0; done < length; ) {
      const count = this.#attempt(() =>
        readSync(this.#handle.fd, bytes, done, length - done, start + done),
      );
      if (count === 0) throw this.#shrunk();
      done += count;
    }
    return bytes;
  }

  async read(start: number, length: number): Promise<Buffer> {
    this.#checkRange(start, length);
    const bytes = Buffer.allocUnsafe(length);
    for (let done = 0; done < length; ) {
      const { bytesRead } = await this.#handle
        .read(bytes, done, length - done, start + done)
        .catch((error) => {
          throw this.#unreadable(error);
        });
      if (bytesRead === 0) throw this.#shrunk();
      done += bytesRead;
    }
    return bytes;
  }

  close(): Promise<void> {
    return this.#handle.close();
  }

  #checkRange(start: number, length: number): void {
    if (start >= 0 && length >= 0 && start + length <= this.size) return;
    throw this.refuse(
      `is cut short: bytes ${start} to ${start + length} are needed, but it ends at ${this.size}; download it again`,
    );
  }

  #attempt<T>(read: () => T): T {
    try {
      return read();
    } catch (error) {
      throw this.#unreadable(error);
    }
  }

  #unreadable(error: unknown): TopfiveError {
    return this.refuse(`cannot be read: ${messageOf(error)}`, error);
  }

  #shrunk(): TopfiveError {
    return this.refuse('became shorter while it was read: try again when nothing writes it');
  }
}
