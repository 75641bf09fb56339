/**
 * The members of a tar archive and where their bytes are, from ranged reads of the headers alone.
 * POSIX ustar and pax (IEEE Std 1003.1, "pax") and GNU long names; checked strictly, because a reader that
 * shrugs at a broken archive loses images.
 */
import type { Storage } from '../../storage/storage.ts';
import { datasetError } from '../dataset-error.ts';

export interface TarMember {
  name: string;
  /** One character: '0' a file, '5' a directory, others as in the standard. */
  type: string;
  /** First byte of the content. */
  offset: number;
  length: number;
}

const block = 512;
/** Read at a time: a small member and the header after it mostly come along with a header. */
const windowBytes = 4096;
/** Names and attributes are short; more is a broken size. */
const mostAttributes = 2 ** 20;

/** A file's bytes through a window that is read again where it does not reach. */
export class TarWindow {
  readonly size: number;
  readonly #storage: Storage;
  readonly #key: string;
  #start = 0;
  #bytes: Buffer = Buffer.alloc(0);

  constructor(storage: Storage, { key, size }: { key: string; size: number }) {
    this.#storage = storage;
    this.#key = key;
    this.size = size;
  }

  /** A `dataset` TopfiveError when the archive ends before. */
  async read(offset: number, length: number): Promise<Buffer> {
    const held = offset >= this.#start && offset + length <= this.#start + this.#bytes.length;
    if (!held) {
      if (offset + length > this.size)
        throw this.broken(`ends at byte ${this.size}, where more was expected`);
      this.#start = offset;
      this.#bytes = await this.#storage.range(this.#key, offset, Math.max(length, windowBytes));
      if (this.#bytes.length < length) throw this.broken('became shorter while it was read');
    }
    return this.#bytes.subarray(offset - this.#start, offset - this.#start + length);
  }

  broken(what: string): Error {
    return datasetError(
      `The archive ${this.#key} ${what}; it was cut short or is no plain tar file.`,
    );
  }
}

/** Attributes that apply to the next member. */
interface Attributes {
  name?: string;
  size?: number;
}

/** The members in order; a `dataset` TopfiveError where the archive is broken or goes on after its end mark. */
export async function* readMembers(archive: TarWindow): AsyncGenerator<TarMember> {
  let next: Attributes = {};
  for (let at = 0; ; ) {
    const header = await archive.read(at, block);
    if (isZero(header)) return await expectZeros(archive, at);
    const { name, type, size } = parseHeader(header, archive, at);
    const offset = at + block;
    if (type === 'S' || type === 'M')
      throw archive.broken('has sparse or split members, which are not read');
    const ownSize = sizeOf({ type, size }, next);
    if (offset + ownSize > archive.size) throw archive.broken(`ends within ${next.name ?? name}`);
    at = offset + Math.ceil(ownSize / block) * block;
    if (type === 'x' || type === 'L') {
      if (ownSize > mostAttributes)
        throw archive.broken(`has ${ownSize} bytes of attributes at ${offset}`);
      const bytes = await archive.read(offset, ownSize);
      next = { ...next, ...(type === 'x' ? parsePax(bytes, archive) : { name: textOf(bytes) }) };
    } else if (type !== 'g' && type !== 'K') {
      yield { name: next.name ?? name, type, offset, length: ownSize };
      next = {};
    }
  }
}

/** Bytes of content after a header: links, devices and folders have none, whatever their size field says. */
function sizeOf({ type, size }: { type: string; size: number }, next: Attributes): number {
  if ('123456'.includes(type)) return 0;
  return 'xgLK'.includes(type) ? size : (next.size ?? size);
}

function parseHeader(header: Buffer, archive: TarWindow, at: number) {
  const sum = checksum(header);
  const size = numberIn(header.subarray(124, 136));
  if (numberIn(header.subarray(148, 156)) !== sum || !Number.isSafeInteger(size) || size < 0) {
    throw archive.broken(`has no valid header at byte ${at}`);
  }
  const flag = header[156] === 0 || header[156] === 0x37 ? '0' : String.fromCharCode(header[156]);
  const name = textOf(header.subarray(0, 100));
  // In GNU's older format the same bytes hold times, so only POSIX archives have a prefix.
  const posix = header.subarray(257, 263).toString('latin1') === 'ustar\0';
  const prefix = posix ? textOf(header.subarray(345, 500)) : '';
  return { name: prefix === '' ? name : `${prefix}/${name}`, type: flag, size };
}

/** The sum of the header's bytes, with its own field counted as spaces. */
function checksum(header: Buffer): number {
  let sum = 8 * 0x20;
  for (let at = 0; at < block; at++) if (at < 148 || at >= 156) sum += header[at];
  return sum;
}

/** Octal text, or, where the first bit is set, a big-endian number (GNU). */
function numberIn(field: Buffer): number {
  if (field[0] === 0x80) return field.subarray(1).reduce((total, byte) => total * 256 + byte, 0);
  const text = field
    .toString('latin1')
    .replace(/[\0 ]+$/, '')
    .trimStart();
  return /^[0-7]+$/.test(text) ? Number.parseInt(text, 8) : text === '' ? 0 : Number.NaN;
}

/** Records `<length> <name>=<value>\n`, the length counting the whole record. */
function parsePax(bytes: Buffer, archive: TarWindow): Attributes {
  const attributes: Attributes = {};
  for (let at = 0; at < bytes.length; ) {
    const space = bytes.indexOf(0x20, at);
    const length = Number(bytes.subarray(at, space).toString('latin1'));
    const record = bytes.subarray(space + 1, at + length - 1).toString();
    const cut = record.indexOf('=');
    const whole = space > at && length > 0 && at + length <= bytes.length && cut > 0;
    if (!whole || bytes[at + length - 1] !== 0x0a)
      throw archive.broken('has malformed pax attributes');
    const name = record.slice(0, cut);
    const value = record.slice(cut + 1);
    if (name.startsWith('GNU.sparse.'))
      throw archive.broken('has sparse members, which are not read');
    if (name === 'path') attributes.name = value;
    if (name === 'size') {
      if (!/^\d{1,15}$/.test(value)) throw archive.broken('has malformed pax attributes');
      attributes.size = Number(value);
    }
    at += length;
  }
  return attributes;
}

/** After the end mark only padding may follow: archives that were joined would otherwise lose their second half. */
async function expectZeros(archive: TarWindow, from: number): Promise<void> {
  const step = 2 ** 16;
  for (let at = from; at < archive.size; at += step) {
    if (isZero(await archive.read(at, Math.min(step, archive.size - at)))) continue;
    throw archive.broken(`goes on after its end mark at byte ${from}, as joined archives do`);
  }
}

function isZero(bytes: Buffer): boolean {
  return bytes.every((byte) => byte === 0);
}

function textOf(field: Buffer): string {
  const end = field.indexOf(0);
  return field.subarray(0, end < 0 ? field.length : end).toString();
}
