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

/** `taps` consecutive source pixels a place: the first of them, and their weights in fixed point. */
interface FilterTable {
  taps: number;
  starts: Int32Array;
  weights: Int32Array;
}

/**
 * The coefficients of `precompute_coeffs` and `normalize_coeffs_8bpc`. Every place gets as many taps as the widest one;
 * the surplus weighs nothing.
 */
function filterTable(axis: Axis, filter: Filter): FilterTable {
  const places = Array.from({ length: axis.count }, (_, k) =>
    contributions(axis.first + k, axis, filter),
  );
  const taps = Math.max(...places.map(({ weights }) => weights.length));
  const starts = new Int32Array(axis.count);
  const weights = new Int32Array(axis.count * taps);
  for (const [k, place] of places.entries()) {
    starts[k] = Math.min(place.start, axis.source - taps);
    weights.set(place.weights, k * taps + place.start - starts[k]);
  }
  return { taps, starts, weights };
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
  const firstRow = down.starts[0];
  const neededRows = down.starts[rows - 1] + down.taps - firstRow;
  if (between.length < neededRows * width) between = new Uint8ClampedArray(neededRows * width);
  for (let y = 0; y < neededRows; y++) {
    passAcross(between.subarray(y * width, (y + 1) * width), {
      row: rowOf(image, firstRow + y),
      table: across,
    });
  }
  if (sums.length < width) sums = new Int32Array(width);
  const out = new Uint8ClampedArray(rows * width);
  for (let y = 0; y < rows; y++) {
    passDown(out.subarray(y * width, (y + 1) * width), {
      rows: between.subarray((down.starts[y] - firstRow) * width),
      weights: down.weights.subarray(y * down.taps, (y + 1) * down.taps),
    });
  }
  return out;
}

function passAcross(
  into: Uint8ClampedArray,
  { row, table }: { row: Uint8Array; table: FilterTable },
): void {
  const { taps, starts, weights } = table;
  for (let k = 0, x = 0, w = 0; k < starts.length; k++, x += 3) {
    let p = starts[k] * 3;
    let red = half;
    let green = half;
    let blue = half;
    for (const end = w + taps; w < end; w++, p += 3) {
      const weight = weights[w];
      red += Math.imul(weight, row[p]);
      green += Math.imul(weight, row[p + 1]);
      blue += Math.imul(weight, row[p + 2]);
    }
    into[x] = red >> weightBits;
    into[x + 1] = green >> weightBits;
    into[x + 2] = blue >> weightBits;
  }
}

/** Two rows at a time, so that each sum is read and written half as often. */
function passDown(
  out: Uint8ClampedArray,
  { rows, weights }: { rows: Uint8ClampedArray; weights: Int32Array },
): void {
  const width = out.length;
  sums.fill(half, 0, width);
  const paired = weights.length & ~1;
  for (let t = 0; t < paired; t += 2) {
    addTwoRows(rows.subarray(t * width, (t + 2) * width), weights[t], weights[t + 1]);
  }
  if (paired < weights.length) {
    addRow(rows.subarray(paired * width, (paired + 1) * width), weights[paired]);
  }
  for (let x = 0; x < width; x++) out[x] = sums[x] >> weightBits;
}

function addTwoRows(rows: Uint8ClampedArray, a: number, b: number): void {
  const width = rows.length / 2;
  for (let x = 0; x < width; x++) {
    sums[x] += Math.imul(a, rows[x]) + Math.imul(b, rows[width + x]);
  }
}

function addRow(row: Uint8ClampedArray, weight: number): void {
  for (let x = 0; x < row.length; x++) sums[x] += Math.imul(weight, row[x]);
}
