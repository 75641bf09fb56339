/** Zip archives of stored entries, without checksums and with numbers that may lie. */

interface Lies {
  /** With 64-bit records, as archives beyond 4 GB have them. */
  large?: boolean;
  comment?: string;
  method?: number;
  flags?: number;
  /** Lengths that the directory tells, by name. */
  lengths?: Record<string, number>;
  /** A name in the directory that is another one in truth. */
  rename?: [from: string, to: string];
  directoryStart?: number;
  /** Added to the place of each entry. */
  shift?: number;
}

const far = 0xffffffff;

export function zip(entries: Record<string, Buffer>, lies: Lies = {}): Buffer {
  const parts: Buffer[] = [];
  const directory: Buffer[] = [];
  let place = 0;
  for (const [name, bytes] of Object.entries(entries)) {
    const { rename, lengths = {}, shift = 0 } = lies;
    const told = name === rename?.[0] ? rename[1] : name;
    const length = lengths[name] ?? bytes.length;
    directory.push(directoryEntry(told, { ...lies, length, place: place + shift }));
    const local = [
      record('PK\x03\x04', 30, [
        [8, lies.method ?? 0],
        [26, name.length],
        [28, 3],
      ]),
      Buffer.from(`${name}pad`),
      bytes,
    ];
    parts.push(...local);
    place += local.reduce((sum, part) => sum + part.length, 0);
  }
  const length = directory.reduce((sum, part) => sum + part.length, 0);
  const start = lies.directoryStart ?? place;
  return Buffer.concat([
    ...parts,
    ...directory,
    ...end({ ...lies, start, length, after: place + length }),
  ]);
}

function directoryEntry(
  name: string,
  { large = false, method = 0, flags = 0, length, place }: Lies & { length: number; place: number },
): Buffer {
  const extra = large
    ? Buffer.concat([
        Buffer.from([9, 0, 2, 0, 0, 0, 1, 0, 24, 0]),
        ...[length, length, place].map(uint64),
      ])
    : Buffer.alloc(0);
  const header = record('PK\x01\x02', 46, [
    [8, flags],
    [10, method],
    [28, name.length],
    [30, extra.length],
  ]);
  header.writeUInt32LE(large ? far : length, 20);
  header.writeUInt32LE(large ? far : length, 24);
  header.writeUInt32LE(large ? far : place, 42);
  return Buffer.concat([header, Buffer.from(name), extra]);
}

function end({
  large = false,
  comment = '',
  start,
  length,
  after,
}: Lies & { start: number; length: number; after: number }): Buffer[] {
  const last = record('PK\x05\x06', 22, [[20, comment.length]]);
  last.writeUInt32LE(length, 12);
  last.writeUInt32LE(large ? far : start, 16);
  const tail = [last, Buffer.from(comment, 'latin1')];
  if (!large) return tail;
  const wide = record('PK\x06\x06', 56, []);
  uint64(length).copy(wide, 40);
  uint64(start).copy(wide, 48);
  const locator = record('PK\x06\x07', 20, []);
  uint64(after).copy(locator, 8);
  return [wide, locator, ...tail];
}

/** @param fields of 16 bits: place and value */
function record(signature: string, length: number, fields: [number, number][]): Buffer {
  const bytes = Buffer.alloc(length);
  bytes.write(signature, 'latin1');
  for (const [place, value] of fields) {
    bytes.writeUInt16LE(value, place);
  }
  return bytes;
}

function uint64(value: number): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64LE(BigInt(value));
  return bytes;
}
