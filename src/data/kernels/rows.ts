/** The compiled inner loops of the resize kernels, and the memory that they work in: one of each a thread. */
import { readFileSync } from 'node:fs';

/** What `assembly/rows.ts` exports. Addresses and lengths are in bytes unless it says otherwise there. */
interface Rows {
  memory: { readonly buffer: ArrayBuffer; grow(pages: number): number };
  linearAcross(into: number, row: number, places: number, count: number): void;
  cubicAcross(into: number, row: number, places: number, count: number): void;
  linearDown(
    out: number,
    count: number,
    upper: number,
    lower: number,
    above: number,
    below: number,
  ): void;
  cubicDown(out: number, count: number, ...rowsAndWeights: CubicRows): void;
  cubicDownTail(out: number, from: number, count: number, ...rowsAndWeights: CubicRows): void;
  filterAcross(into: number, row: number, places: number, weights: number, count: number): void;
  filterDown(out: number, rows: number, width: number, weights: number, taps: number): void;
}

type CubicRows = [p: number, q: number, r: number, s: number, weights: number];

/** The part of the standard global that is used here; the types of Node leave it out. */
declare const WebAssembly: {
  Module: new (bytes: Uint8Array) => object;
  Instance: new (module: object) => { exports: unknown };
};

const code = readFileSync(new URL('./rows.wasm', import.meta.url));

export const rows = new WebAssembly.Instance(new WebAssembly.Module(code)).exports as Rows;

const pageBytes = 65536;
/** Bytes. Vectors are read and written past the end of a region, by less than this. */
export const slack = 64;

/** Lays regions of these lengths out, and grows the memory to hold them. What was laid out before is given up. */
export function layOut<Name extends string>(lengths: Record<Name, number>): Record<Name, number> {
  let end = slack;
  const addresses = {} as Record<Name, number>;
  for (const name of Object.keys(lengths) as Name[]) {
    addresses[name] = end;
    end += Math.ceil((lengths[name] + slack) / 16) * 16;
  }
  const missing = end - rows.memory.buffer.byteLength;
  if (missing > 0) rows.memory.grow(Math.ceil(missing / pageBytes));
  return addresses;
}

/** All of the memory; the view ends with the next `layOut`. */
export function memoryBytes(): Uint8Array {
  return new Uint8Array(rows.memory.buffer);
}

/** Copies a table into the memory. */
export function putTable(address: number, table: Int32Array): void {
  new Int32Array(rows.memory.buffer, address, table.length).set(table);
}
