/**
 * Reads MATLAB level 5 MAT-files: numeric, character, cell and struct arrays, compressed or not.
 * Written after MathWorks' "MAT-File Format" document; strict, because a file may be anything.
 */
import { inflateSync } from 'node:zlib';

/** Arrays are flat, in column order. Numbers that exceed 2^53 are not exact. */
export type MatValue =
  | { kind: 'numbers'; dims: number[]; values: number[] }
  | { kind: 'text'; dims: number[]; text: string }
  | { kind: 'cells'; dims: number[]; values: MatValue[] }
  | { kind: 'structs'; dims: number[]; values: Record<string, MatValue>[] };

const headerBytes = 128;
/** Bounds what a small hostile file can unfold to; the devkit's meta.mat is under 1 MiB. */
const mostInflated = 64 * 2 ** 20;
const deepest = 16;

const compressed = 15;
const matrix = 14;

/** Class of an array, in the low byte of its flags. */
const arrayClass = { cell: 1, struct: 2, char: 4, firstNumeric: 6, lastNumeric: 15 };

interface NumberType {
  bytes: number;
  read: (view: DataView, at: number) => number;
}

/** Data types by their number: miINT8, miUINT8, miINT16, …, and the Unicode ones, of code units. */
const numberTypes: Record<number, NumberType> = {
  1: { bytes: 1, read: (view, at) => view.getInt8(at) },
  2: { bytes: 1, read: (view, at) => view.getUint8(at) },
  3: { bytes: 2, read: (view, at) => view.getInt16(at, true) },
  4: { bytes: 2, read: (view, at) => view.getUint16(at, true) },
  5: { bytes: 4, read: (view, at) => view.getInt32(at, true) },
  6: { bytes: 4, read: (view, at) => view.getUint32(at, true) },
  7: { bytes: 4, read: (view, at) => view.getFloat32(at, true) },
  9: { bytes: 8, read: (view, at) => view.getFloat64(at, true) },
  12: { bytes: 8, read: (view, at) => Number(view.getBigInt64(at, true)) },
  13: { bytes: 8, read: (view, at) => Number(view.getBigUint64(at, true)) },
};
const utf8 = 16;
const utf16 = 17;

interface Element {
  type: number;
  data: DataView;
}

/** The variables of a file by name; those of kinds not read here are left out. Throws a plain Error on malformed bytes. */
export function readMatFile(bytes: Buffer): Map<string, MatValue> {
  checkHeader(bytes);
  const variables = new Map<string, MatValue>();
  const file = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const elements = new ElementReader(file, headerBytes);
  let inflated = 0;
  while (elements.more()) {
    let element = elements.next();
    if (element.type === compressed) {
      const unfolded = inflate(element.data, mostInflated - inflated);
      inflated += unfolded.byteLength;
      element = new ElementReader(unfolded, 0).next();
    }
    if (element.type !== matrix) continue;
    const { name, value } = readArray(element.data, 0);
    if (value) variables.set(name, value);
  }
  return variables;
}

function checkHeader(bytes: Buffer): void {
  if (bytes.subarray(0, 10).toString('latin1') === 'MATLAB 7.3') {
    throw new Error('it is a version 7.3 (HDF5) file; save it with -v7');
  }
  if (bytes.subarray(124, 128).toString('latin1') !== '\0\x01IM') {
    throw new Error('it is no little-endian level 5 MAT-file');
  }
}

function inflate(data: DataView, most: number): DataView {
  const source = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
  const plain = inflateSync(source, { maxOutputLength: Math.max(1, most) });
  return new DataView(plain.buffer, plain.byteOffset, plain.byteLength);
}

/** Steps through data elements: a tag with type and size, data, padding to eight bytes. */
class ElementReader {
  readonly #view: DataView;
  #at: number;

  constructor(view: DataView, start: number) {
    this.#view = view;
    this.#at = start;
  }

  more(): boolean {
    return this.#at < this.#view.byteLength;
  }

  next(): Element {
    const first = this.#word(0);
    const packed = first >>> 16;
    if (packed !== 0) {
      if (packed > 4) throw new Error(`a small element claims ${packed} bytes`);
      const data = this.#slice(4, packed);
      this.#at += 8;
      return { type: first & 0xffff, data };
    }
    const bytes = this.#word(4);
    const data = this.#slice(8, bytes);
    const padding = first === compressed ? 0 : -bytes & 7;
    this.#at += 8 + bytes + padding;
    return { type: first, data };
  }

  #word(offset: number): number {
    return this.#slice(offset, 4).getUint32(0, true);
  }

  #slice(offset: number, bytes: number): DataView {
    const start = this.#at + offset;
    if (start + bytes > this.#view.byteLength) throw new Error('an element reaches past the end');
    return new DataView(this.#view.buffer, this.#view.byteOffset + start, bytes);
  }
}

/** `value` is undefined for sparse arrays, objects and function handles. */
function readArray(view: DataView, depth: number): { name: string; value?: MatValue } {
  if (view.byteLength === 0)
    return { name: '', value: { kind: 'numbers', dims: [0, 0], values: [] } };
  if (depth > deepest) throw new Error(`arrays are nested more than ${deepest} deep`);
  const elements = new ElementReader(view, 0);
  const [flags] = numbersOf(elements.next());
  const dims = numbersOf(elements.next());
  const name = bytesOf(elements.next().data).toString('latin1');
  const count = dims.reduce((product, length) => product * length, 1);
  if (dims.length < 2 || dims.some((length) => length < 0) || count > view.byteLength) {
    throw new Error(`an array claims the dimensions ${dims.join('×')}`);
  }
  const type = flags & 0xff;
  if (type === arrayClass.char) {
    return { name, value: { kind: 'text', dims, text: readText(elements.next()) } };
  }
  if (type === arrayClass.cell) {
    const values = Array.from({ length: count }, () => nested(elements, depth));
    return { name, value: { kind: 'cells', dims, values } };
  }
  if (type === arrayClass.struct) {
    return {
      name,
      value: { kind: 'structs', dims, values: readStructs(elements, { count, depth }) },
    };
  }
  if (type >= arrayClass.firstNumeric && type <= arrayClass.lastNumeric) {
    const values = numbersOf(elements.next());
    if (values.length !== count)
      throw new Error(`${count} numbers were expected, not ${values.length}`);
    return { name, value: { kind: 'numbers', dims, values } };
  }
  return { name };
}

function nested(elements: ElementReader, depth: number): MatValue {
  const { type, data } = elements.next();
  if (type !== matrix) throw new Error(`an array was expected, not an element of type ${type}`);
  return readArray(data, depth + 1).value ?? { kind: 'cells', dims: [0, 0], values: [] };
}

function readStructs(
  elements: ElementReader,
  { count, depth }: { count: number; depth: number },
): Record<string, MatValue>[] {
  const [length] = numbersOf(elements.next());
  const names = bytesOf(elements.next().data).toString('latin1');
  if (!(length > 0) || names.length % length !== 0)
    throw new Error('field names of unequal length');
  const fields = Array.from({ length: names.length / length }, (_, index) =>
    names.slice(index * length, (index + 1) * length).replace(/\0.*$/s, ''),
  );
  return Array.from({ length: count }, () =>
    Object.fromEntries(fields.map((field) => [field, nested(elements, depth)])),
  );
}

function numbersOf({ type, data }: Element): number[] {
  const format = numberTypes[type];
  if (!format || data.byteLength % format.bytes !== 0) {
    throw new Error(`numbers were expected, not ${data.byteLength} bytes of type ${type}`);
  }
  const count = data.byteLength / format.bytes;
  return Array.from({ length: count }, (_, index) => format.read(data, index * format.bytes));
}

function readText(element: Element): string {
  if (element.type === utf8) return bytesOf(element.data).toString();
  const units = element.type === utf16 ? { ...element, type: 4 } : element;
  return numbersOf(units)
    .map((unit) => String.fromCharCode(unit))
    .join('');
}

function bytesOf(data: DataView): Buffer {
  return Buffer.from(data.buffer, data.byteOffset, data.byteLength);
}
