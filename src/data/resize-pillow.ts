/** Image.resize of Pillow on 8-bit RGB, bit for bit: antialiased BILINEAR and BICUBIC, for a window of the result. */
import type { CropWindow } from './geometry.ts';
import { type Axis, type RgbImage, rememberTables, rowOf } from './resize-tables.ts';

/** Weights are fixed point with this many fraction bits (PRECISION_BITS). */
const weightBits = 22;
const half = 1 << (weightBits - 1);

interface Filter {
  /** Half width, in source pixels where nothing shrinks. */
  support: number;
  weight(x: number): number;
}

const bilinear: Filter = {
  support: 1,
  weight: (x) => Math.max(1 - Math.abs(x), 0),
};

/** Keys' cubic with a = -0.5. */
const bicubic: Filter = {
  support: 2,
  weight(x) {
    const a = -0.5;
    const t = Math.abs(x);
    if (t < 1) return ((a + 2) * t - (a + 3)) * t * t + 1;
    return t < 2 ? (((t - 5) * t + 8) * t - 4) * a : 0;
  },
};

/** Per place: where its source pixels start, and where its weights do; one entry more closes the last place. */
interface FilterTable {
  starts: Int32Array;
  offsets: Int32Array;
  /** In fixed point; as many a place as it has source pixels. */
  weights: Int32Array;
}

/** The coefficients of `precompute_coeffs` and `normalize_coeffs_8bpc`. */
function filterTable(axis: Axis, filter: Filter): FilterTable {
  const places = Array.from({ length: axis.count }, (_, k) =>
    contributions(axis.first + k, axis, filter),
  );
  const offsets = new Int32Array(axis.count + 1);
  for (const [k, { weights }] of places.entries()) offsets[k + 1] = offsets[k] + weights.length;
  return {
    starts: Int32Array.from(places, ({ start }) => start),
    offsets,
    weights: Int32Array.from(places.flatMap(({ weights }) => weights)),
  };
}

function contributions(place: number, axis: Axis, filter: Filter) {
  const scale = axis.source / axis.target;
  const stretch = Math.max(scale, 1);
  const support = filter.support * stretch;
  const centre = (place + 0.5) * scale;
  const start = Math.max(Math.trunc(centre - support + 0.5), 0);
  const end = Math.min(Math.trunc(centre + support + 0.5), axis.source);
  const inverse = 1 / stretch;
  const raw = Array.from({ length: end - start }, (_, k) =>
    filter.weight((k + start - centre + 0.5) * inverse),
  );
  const sum = raw.reduce((total, weight) => total + weight, 0);
  const weights = raw.map((weight) => fixedPoint(sum === 0 ? weight : weight / sum));
  return { start, weights };
}

/** Rounds half away from zero. */
function fixedPoint(weight: number): number {
  return Math.trunc((weight < 0 ? -0.5 : 0.5) + weight * (1 << weightBits));
}

type Tables = (axis: Axis) => FilterTable;
const bilinearTable: Tables = rememberTables((axis) => filterTable(axis, bilinear));
const bicubicTable: Tables = rememberTables((axis) => filterTable(axis, bicubic));

/** @returns columns × rows × 3 bytes of the window. */
export function resizeBilinear(image: RgbImage, window: CropWindow) {
  return resize(image, { window, tableOf: bilinearTable });
}

/** @returns columns × rows × 3 bytes of the window. */
export function resizeBicubic(image: RgbImage, window: CropWindow) {
  return resize(image, { window, tableOf: bicubicTable });
}

let between = new Uint8ClampedArray(0);
let sums = new Int32Array(0);

/** Columns first, to bytes; then rows. An axis that keeps its size has weights that copy. */
function resize(
  image: RgbImage,
  { window, tableOf }: { window: CropWindow; tableOf: Tables },
): Uint8ClampedArray<ArrayBuffer> {
  const { resized, left, top, columns, rows } = window;
  const across = tableOf({
    source: image.width,
    target: resized.width,
    first: left,
    count: columns,
  });
  const down = tableOf({ source: image.height, target: resized.height, first: top, count: rows });
  const width = columns * 3;
  const [firstRow] = down.starts;
  const neededRows = down.starts[rows - 1] + tapsOf(down, rows - 1).length - firstRow;
  if (between.length < neededRows * width) between = new Uint8ClampedArray(neededRows * width);
  if (sums.length < width) sums = new Int32Array(width);
  for (let y = 0; y < neededRows; y++) {
    const into = between.subarray(y * width, (y + 1) * width);
    passAcross(into, { row: rowOf(image, firstRow + y), table: across });
  }
  const out = new Uint8ClampedArray(rows * width);
  for (let y = 0; y < rows; y++) {
    passDown(out.subarray(y * width, (y + 1) * width), {
      rows: between.subarray((down.starts[y] - firstRow) * width),
      weights: tapsOf(down, y),
    });
  }
  return out;
}

function tapsOf({ weights, offsets }: FilterTable, place: number): Int32Array {
  return weights.subarray(offsets[place], offsets[place + 1]);
}

/** Two taps at a time, which is a tenth faster than one. */
function passAcross(
  into: Uint8ClampedArray,
  { row, table }: { row: Uint8Array; table: FilterTable },
): void {
  const { starts, offsets, weights } = table;
  for (let k = 0, x = 0; k < starts.length; k++, x += 3) {
    let p = starts[k] * 3;
    let red = half;
    let green = half;
    let blue = half;
    let w = offsets[k];
    const end = offsets[k + 1];
    for (; w + 1 < end; w += 2, p += 6) {
      const a = weights[w];
      const b = weights[w + 1];
      red = (red + Math.imul(a, row[p]) + Math.imul(b, row[p + 3])) | 0;
      green = (green + Math.imul(a, row[p + 1]) + Math.imul(b, row[p + 4])) | 0;
      blue = (blue + Math.imul(a, row[p + 2]) + Math.imul(b, row[p + 5])) | 0;
    }
    if (w < end) {
      red += Math.imul(weights[w], row[p]);
      green += Math.imul(weights[w], row[p + 1]);
      blue += Math.imul(weights[w], row[p + 2]);
    }
    into[x] = red >> weightBits;
    into[x + 1] = green >> weightBits;
    into[x + 2] = blue >> weightBits;
  }
}

/** Three rows at a time, so that each sum is read and written less often. */
function passDown(
  out: Uint8ClampedArray,
  { rows, weights }: { rows: Uint8ClampedArray; weights: Int32Array },
): void {
  const width = out.length;
  const into = sums.subarray(0, width).fill(half);
  let tap = 0;
  for (; tap + 3 <= weights.length; tap += 3) {
    addThreeRows(into, { rows: rows.subarray(tap * width), weights: weights.subarray(tap) });
  }
  for (; tap < weights.length; tap++) {
    addRow(into, { row: rows.subarray(tap * width), weight: weights[tap] });
  }
  for (let x = 0; x < width; x++) out[x] = into[x] >> weightBits;
}

function addThreeRows(
  into: Int32Array,
  { rows, weights }: { rows: Uint8ClampedArray; weights: Int32Array },
): void {
  const width = into.length;
  const a = weights[0];
  const b = weights[1];
  const c = weights[2];
  for (let x = 0; x < width; x++) {
    into[x] +=
      Math.imul(a, rows[x]) + Math.imul(b, rows[width + x]) + Math.imul(c, rows[2 * width + x]);
  }
}

function addRow(
  into: Int32Array,
  { row, weight }: { row: Uint8ClampedArray; weight: number },
): void {
  for (let x = 0; x < into.length; x++) into[x] += Math.imul(weight, row[x]);
}
