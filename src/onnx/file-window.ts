/** Protobuf messages in a file of gigabytes: fields are found without reading what they hold. */
import { readSync } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { BinaryReader, WireType } from '@bufbuild/protobuf/wire';

/** From a byte of the file to before another. */
export interface Range {
  start: number;
  end: number;
}

/** Most bytes of a tag and the number behind it: five and ten, in base 128. */
const longestHead = 15;
const windowBytes = 4096;
/** No name of a file is longer. */
const mostAtOnce = 2 ** 20;

export class FileWindow {
  readonly whole: Range;
  readonly #handle: FileHandle;
  #window: Range = { start: 0, end: 0 };
  #bytes = Buffer.alloc(0);

  private constructor(handle: FileHandle, size: number) {
    this.#handle = handle;
    this.whole = { start: 0, end: size };
  }

  static async open(path: string): Promise<FileWindow> {
    const handle = await open(path);
    try {
      return new FileWindow(handle, (await handle.stat()).size);
    } catch (error) {
      await handle.close();
      throw error;
    }
  }

  /** Where the contents of a message's fields of one number lie; they must have a length. */
  *fields(message: Range, wanted: number): Generator<Range> {
    for (let start = message.start; start < message.end; ) {
      const head = { start, end: Math.min(start + longestHead, message.end) };
      const reader = new BinaryReader(this.read(head));
      const [field, wire] = reader.tag();
      if (wire === WireType.LengthDelimited) {
        const length = reader.uint32();
        const content = { start: start + reader.pos, end: start + reader.pos + length };
        if (content.end > message.end) throw new Error('a field reaches beyond its message');
        if (field === wanted) yield content;
        start = content.end;
      } else {
        reader.skip(wire, field);
        start += reader.pos;
      }
    }
  }

  /** Neighbouring pieces come from one system call. */
  read({ start, end }: Range): Uint8Array {
    if (end - start > mostAtOnce) throw new Error(`${end - start} bytes are too many for a piece`);
    if (start < this.#window.start || end > this.#window.end) {
      const bytes = Buffer.alloc(Math.max(windowBytes, end - start));
      const length = readSync(this.#handle.fd, bytes, 0, bytes.length, start);
      this.#bytes = bytes;
      this.#window = { start, end: start + length };
    }
    const from = start - this.#window.start;
    return this.#bytes.subarray(from, from + end - start);
  }

  close(): Promise<void> {
    return this.#handle.close();
  }
}
