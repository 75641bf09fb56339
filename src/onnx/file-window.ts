/** Protobuf messages in a file of gigabytes: fields are found without reading what they hold. */
import { readSync } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { BinaryReader, WireType } from '@bufbuild/protobuf/wire';

/** From a byte of the file to before another. */
export interface Range {
  start: number;
  end: number;
}

/** A field of a message, by its place in the file. */
export interface PlacedField {
  field: number;
  /** The whole field, its tag included. */
  raw: Range;
  /** The value of a field that has a length (a message, a text, bytes); empty for the others. */
  content: Range;
}

export const lengthOf = ({ start, end }: Range) => end - start;

/** Most bytes of a tag and the number behind it: five and ten, in base 128. */
const longestHead = 15;
/** A few hundred descriptions of tensors lie a window apart; those of nodes lie together. */
const windowBytes = 2 ** 14;

export class FileWindow {
  readonly whole: Range;
  readonly #handle: FileHandle;
  #window: Range = { start: 0, end: 0 };
  #bytes: Buffer = Buffer.alloc(0);

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

  /** The fields of a message, in their order. @throws Error for what is no message */
  *fields(message: Range): Generator<PlacedField> {
    for (let start = message.start; start < message.end; ) {
      const head = this.read({ start, end: Math.min(start + longestHead, message.end) });
      const reader = new BinaryReader(head);
      const [field, wire] = reader.tag();
      let content = { start, end: start };
      let end: number;
      if (wire === WireType.LengthDelimited) {
        const length = reader.uint32();
        content = { start: start + reader.pos, end: start + reader.pos + length };
        end = content.end;
      } else {
        reader.skip(wire, field);
        end = start + reader.pos;
      }
      if (end > message.end) throw new Error('premature EOF');
      yield { field, raw: { start, end }, content };
      start = end;
    }
  }

  /** Where the contents of a message's fields of one number lie. */
  *contents(message: Range, wanted: number): Generator<Range> {
    for (const { field, content } of this.fields(message)) {
      if (field === wanted) yield content;
    }
  }

  /** Neighbouring small pieces come from one system call. */
  read(range: Range): Uint8Array {
    const length = lengthOf(range);
    if (length > windowBytes) return this.#readNow(range.start, length);
    if (range.start < this.#window.start || range.end > this.#window.end) {
      this.#bytes = this.#readNow(range.start, windowBytes);
      this.#window = { start: range.start, end: range.start + this.#bytes.length };
    }
    const from = range.start - this.#window.start;
    return this.#bytes.subarray(from, from + length);
  }

  close(): Promise<void> {
    return this.#handle.close();
  }

  /** Fewer bytes where the file ends. */
  #readNow(start: number, most: number): Buffer {
    const bytes = Buffer.allocUnsafe(Math.min(most, this.whole.end - start));
    let read = 0;
    while (read < bytes.length) {
      const more = readSync(this.#handle.fd, bytes, read, bytes.length - read, start + read);
      if (more === 0) break;
      read += more;
    }
    return bytes.subarray(0, read);
  }
}
