/** A place in a pickle inside a checkpoint: small reads through a window, long strings passed over. */
import type { CheckpointFile } from './checkpoint-file.ts';

const windowBytes = 2 ** 16;
/** Of a module's or a class's name. */
const longestLine = 256;

export class PickleCursor {
  position: number;
  readonly file: CheckpointFile;
  readonly #end: number;
  #window: Buffer = Buffer.alloc(0);
  #windowStart = 0;

  /** @param range in the file; reading never leaves it */
  constructor(file: CheckpointFile, { start, end }: { start: number; end: number }) {
    this.file = file;
    this.position = start;
    this.#end = end;
  }

  /** @param length at most a few KB */
  take(length: number): Buffer {
    const start = this.pass(length);
    const from = start - this.#windowStart;
    if (from >= 0 && from + length <= this.#window.length) {
      return this.#window.subarray(from, from + length);
    }
    this.#windowStart = start;
    this.#window = this.file.readNow(
      start,
      Math.min(Math.max(windowBytes, length), this.#end - start),
    );
    return this.#window.subarray(0, length);
  }

  /** Moves past bytes that stay in the file. @returns where they start */
  pass(length: number): number {
    const start = this.position;
    if (length < 0 || length > this.#end - start) {
      throw this.file.refuse(
        `is cut short: its list of tensors goes on at byte ${this.#end}; download it again`,
      );
    }
    this.position += length;
    return start;
  }

  byte(): number {
    return this.take(1)[0];
  }

  /** Up to a line feed, without it. */
  line(): string {
    const bytes: number[] = [];
    for (let byte = this.byte(); byte !== 0x0a; byte = this.byte()) {
      bytes.push(byte);
      if (bytes.length > longestLine) {
        throw this.file.refuse(`has a name of more than ${longestLine} bytes in its pickle`);
      }
    }
    return Buffer.from(bytes).toString('latin1');
  }
}
