/** Image.resize of Pillow on 8-bit RGB, bit for bit: antialiased BILINEAR and BICUBIC, for a window of the result. */
import type { CropWindow } from './geometry.ts';
import { layOut, memoryBytes, putTable, rows } from './kernels/rows.ts';
import { type Axis, type RgbImage, rememberTables, rowOf } from './resize-tables.ts';

/** Weights are fixed point with this many fraction bits (PRECISION_BITS). */
const weightBits = 22;

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

interface FilterTable {
  /** Per place: the byte offset of its first source pixel, and its number of taps. */
  places: Int32Array;
  /** In fixed point, place after place. */
  weights: Int32Array;
}

/** The coefficients of `precompute_coeffs` and `normalize_coeffs_8bpc`. */
function filterTable(axis: Axis, filter: Filter): FilterTable {
  const places = Array.from({ length: axis.count }, (_, k) =>
    contributions(axis.first + k, axis, filter),
  );
  return {
    places: Int32Array.from(places.flatMap(({ start, weights }) => [start * 3, weights.length])),
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

/** Columns first, to bytes; then rows. An axis that keeps its size has weights that copy. */
function resize(
  image: RgbImage,
  { window, tableOf }: { window: CropWindow; tableOf: Tables },
): Uint8Array<ArrayBuffer> {
  const { resized, left, top, columns, rows: height } = window;
  const { width: from, height: fromRows } = image;
  const across = tableOf({ source: from, target: resized.width, first: left, count: columns });
  const down = tableOf({ source: fromRows, target: resized.height, first: top, count: height });
  const width = columns * 3;
  const needed = sourceRows(down);
  const { row, places, weights, downWeights, between, out } = layOut({
    row: from * 3,
    places: across.places.byteLength,
    weights: across.weights.byteLength,
    downWeights: down.weights.byteLength,
    between: needed.count * width,
    out: height * width,
  });
  putTable(places, across.places);
  putTable(weights, across.weights);
  putTable(downWeights, down.weights);
  const bytes = memoryBytes();
  for (let y = 0; y < needed.count; y++) {
    bytes.set(rowOf(image, needed.first + y), row);
    rows.filterAcross(between + y * width, row, places, weights, columns);
  }
  for (let y = 0, weight = downWeights; y < height; y++) {
    const taps = down.places[2 * y + 1];
    const first = between + (down.places[2 * y] / 3 - needed.first) * width;
    rows.filterDown(out + y * width, first, width, weight, taps);
    weight += taps * 4;
  }
  return bytes.slice(out, out + height * width);
}

/** The source rows that the window needs. */
function sourceRows({ places }: FilterTable): { first: number; count: number } {
  const first = places[0] / 3;
  const [start, taps] = places.subarray(-2);
  return { first, count: start / 3 + taps - first };
}
