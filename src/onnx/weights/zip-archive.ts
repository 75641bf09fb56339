/** Where the entries of a zip archive lie, for entries stored as they are: pkware.cachefly.net/webdocs/casestudies/APPNOTE.TXT. */
import type { CheckpointFile } from './checkpoint-file.ts';
import { quote } from './quote.ts';
import type { FileRun } from './tensor-view.ts';

interface Entry {
  name: string;
  method: number;
  encrypted: boolean;
  length: number;
  storedLength: number;
  headerStart: number;
}

const endBytes = 22;
const longestComment = 2 ** 16 - 1;
const locatorBytes = 20;
const end64Bytes = 56;
const entryBytes = 46;
const localBytes = 30;
/** PyTorch writes about 100 bytes for each tensor. */
const mostDirectoryBytes = 2 ** 26;
const signatures = {
  local: 0x04034b50,
  entry: 0x02014b50,
  end: 0x06054b50,
  end64: 0x06064b50,
  locator: 0x07064b50,
};
/** Stands where the true number is in the 64-bit record. */
const elsewhere = 0xffffffff;

export function looksLikeZip(file: CheckpointFile): boolean {
  return file.size >= endBytes && file.readNow(0, 4).readUInt32LE() === signatures.local;
}

/** Entries by name; each is looked at when it is asked for. */
export class ZipArchive {
  readonly #file: CheckpointFile;
  readonly #entries: ReadonlyMap<string, Entry>;
  readonly #directoryStart: number;

  /** @throws TopfiveError `model` for a directory that is broken, cut off, or names an entry twice */
  constructor(file: CheckpointFile) {
    this.#file = file;
    const { start, length } = findDirectory(file);
    this.#directoryStart = start;
    this.#entries = readDirectory(file, { start, length });
  }

  names(): string[] {
    return [...this.#entries.keys()];
  }

  /** @returns the bytes of an entry, or undefined when there is none of that name */
  find(name: string): FileRun | undefined {
    const entry = this.#entries.get(name);
    if (!entry) return undefined;
    const bad = (why: string) => this.#file.refuse(`has the zip entry ${quote(name)} ${why}`);
    if (entry.method !== 0 || entry.encrypted || entry.length !== entry.storedLength) {
      throw bad(
        'compressed or encrypted, but PyTorch stores entries as they are: save it again with torch.save',
      );
    }
    const start = this.#dataStart(entry);
    if (start + entry.length > this.#directoryStart) {
      throw bad('reaching into others: download it again');
    }
    return { start, length: entry.length };
  }

  /** @returns the bytes of an entry that must be there */
  get(name: string): FileRun {
    const run = this.find(name);
    if (run) return run;
    throw this.#file.refuse(`lacks the zip entry ${quote(name)}: download it again`);
  }

  /** The header in front of the entry repeats the name and has its own padding. */
  #dataStart({ name, headerStart }: Entry): number {
    const header = this.#file.readNow(headerStart, localBytes);
    if (header.readUInt32LE(0) !== signatures.local) {
      throw this.#file.refuse(
        `has no zip entry where ${quote(name)} should start: download it again`,
      );
    }
    return headerStart + localBytes + header.readUInt16LE(26) + header.readUInt16LE(28);
  }
}

function findDirectory(file: CheckpointFile): { start: number; length: number } {
  const tailStart = Math.max(0, file.size - endBytes - longestComment);
  const tail = file.readNow(tailStart, file.size - tailStart);
  const place = findEnd(tail);
  if (place === undefined) throw file.refuse('is a zip archive without its end: download it again');
  const length = tail.readUInt32LE(place + 12);
  const start = tail.readUInt32LE(place + 16);
  const found =
    start === elsewhere || length === elsewhere || tail.readUInt16LE(place + 10) === 0xffff
      ? findDirectory64(file, tailStart + place)
      : { start, length };
  if (found.start + found.length > tailStart + place || found.length > mostDirectoryBytes) {
    throw file.refuse('is a zip archive with a broken directory: download it again');
  }
  return found;
}

/** The last end record whose comment reaches the end of the file. */
function findEnd(tail: Buffer): number | undefined {
  for (let place = tail.length - endBytes; place >= 0; place -= 1) {
    if (tail.readUInt32LE(place) !== signatures.end) continue;
    if (place + endBytes + tail.readUInt16LE(place + 20) === tail.length) return place;
  }
  return undefined;
}

function findDirectory64(file: CheckpointFile, end: number): { start: number; length: number } {
  const broken = () => file.refuse('is a zip64 archive without its end: download it again');
  if (end < locatorBytes) throw broken();
  const locator = file.readNow(end - locatorBytes, locatorBytes);
  if (locator.readUInt32LE(0) !== signatures.locator) throw broken();
  const record = file.readNow(safe(locator.readBigUInt64LE(8)), end64Bytes);
  if (record.readUInt32LE(0) !== signatures.end64) throw broken();
  return { length: safe(record.readBigUInt64LE(40)), start: safe(record.readBigUInt64LE(48)) };
}

function readDirectory(
  file: CheckpointFile,
  { start, length }: { start: number; length: number },
): Map<string, Entry> {
  const directory = file.readNow(start, length);
  const entries = new Map<string, Entry>();
  for (let place = 0; place < length; ) {
    const broken = () => file.refuse('is a zip archive with a broken directory: download it again');
    if (place + entryBytes > length || directory.readUInt32LE(place) !== signatures.entry) {
      throw broken();
    }
    const nameLength = directory.readUInt16LE(place + 28);
    const extraLength = directory.readUInt16LE(place + 30);
    const next = place + entryBytes + nameLength + extraLength + directory.readUInt16LE(place + 32);
    if (next > length) throw broken();
    const extraStart = place + entryBytes + nameLength;
    const name = directory.toString('utf8', place + entryBytes, extraStart);
    if (entries.has(name)) {
      throw file.refuse(`has two zip entries ${quote(name)}: download it again`);
    }
    const extra = directory.subarray(extraStart, extraStart + extraLength);
    entries.set(name, entryAt(directory.subarray(place), { name, extra }));
    place = next;
  }
  return entries;
}

function entryAt(record: Buffer, { name, extra }: { name: string; extra: Buffer }): Entry {
  const large = largeNumbers(extra);
  const number = (at: number) => {
    const value = record.readUInt32LE(at);
    return value === elsewhere ? (large.shift() ?? Number.MAX_SAFE_INTEGER) : value;
  };
  // In the order in which the extra field lists them.
  const length = number(24);
  const storedLength = number(20);
  const headerStart = number(42);
  const encrypted = (record.readUInt16LE(8) & 1) === 1;
  return { name, method: record.readUInt16LE(10), encrypted, length, storedLength, headerStart };
}

/** The numbers of the zip64 extra field: those among length, stored length and place that need 64 bits. */
function largeNumbers(extra: Buffer): number[] {
  for (let place = 0; place + 4 <= extra.length; ) {
    const length = extra.readUInt16LE(place + 2);
    const field = extra.subarray(place + 4, place + 4 + length);
    if (extra.readUInt16LE(place) === 1) {
      return Array.from({ length: Math.min(3, Math.floor(field.length / 8)) }, (_, index) =>
        safe(field.readBigUInt64LE(8 * index)),
      );
    }
    place += 4 + length;
  }
  return [];
}

/** Far outside of every file stays far outside. */
function safe(value: bigint): number {
  return Number(value > BigInt(Number.MAX_SAFE_INTEGER) ? Number.MAX_SAFE_INTEGER : value);
}
