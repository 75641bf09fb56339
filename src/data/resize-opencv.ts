/** cv2.resize of OpenCV 4.x on 8-bit RGB, bit for bit: INTER_LINEAR and INTER_CUBIC, for a window of the result. */
import { type CropWindow, roundHalfEven } from './geometry.ts';
import { layOut, memoryBytes, putTable, rows, slack } from './kernels/rows.ts';
import { type Axis, type RgbImage, rememberTables, rowOf } from './resize-tables.ts';

const f32 = Math.fround;

/** Weights are fixed point with this many fraction bits (INTER_RESIZE_COEF_BITS). */
const weightBits = 11;

/** Source position of a target place, as OpenCV has it: the scale in float64, the position rounded to float32. */
function positionOf(place: number, { source, target }: Axis): { index: number; fraction: number } {
  const scale = 1 / (target / source);
  const position = f32((place + 0.5) * scale - 0.5);
  const index = Math.floor(position);
  return { index, fraction: f32(position - index) };
}

const fixedPoint = (weight: number) => roundHalfEven(f32(weight * (1 << weightBits)));

const clampIndex = (index: number, { source }: Axis) => Math.min(Math.max(index, 0), source - 1);

/** Pixels that repeat the edge on either side of a row, for the taps that fall beyond it. */
const edge = 2;

/** Two 16-bit weights that are multiplied with neighbouring pixels. */
const pairOf = (first: number, second: number) => (first & 0xffff) | (second << 16);

/** Per place: both source indices, clamped, and both weights. */
const linearRowTable = rememberTables((axis) =>
  fillTable(axis, (place) => {
    const { index, fraction } = positionOf(place, axis);
    const weights = [fixedPoint(f32(1 - fraction)), fixedPoint(fraction)];
    return [clampIndex(index, axis), clampIndex(index + 1, axis), ...weights];
  }),
);

/** Per place: byte offset of the left pixel, and both weights; the first is the second's complement to 2048. */
const linearColumnTable = rememberTables((axis) =>
  fillTable(axis, (place) => {
    const { index, fraction } = positionOf(place, axis);
    const weight = fixedPoint(fraction);
    return [(index + edge) * 3, pairOf((1 << weightBits) - weight, weight)];
  }),
);

/** Per place: four source indices, clamped, then four weights. */
const cubicRowTable = rememberTables((axis) =>
  fillTable(axis, (place) => {
    const { index, fraction } = positionOf(place, axis);
    const taps = [-1, 0, 1, 2].map((tap) => clampIndex(index + tap, axis));
    return [...taps, ...cubicWeights(fraction).map(fixedPoint)];
  }),
);

/** Per place: byte offset of the first pixel, and the weights in two pairs. */
const cubicColumnTable = rememberTables((axis) =>
  fillTable(axis, (place) => {
    const { index, fraction } = positionOf(place, axis);
    const [a, b, c, d] = cubicWeights(fraction).map(fixedPoint);
    return [(index - 1 + edge) * 3, pairOf(a, b), pairOf(c, d)];
  }),
);

/** Keys' cubic with A = -0.75, every operation in float32 (`interpolateCubic`). */
function cubicWeights(x: number): number[] {
  const A = -0.75;
  const beyond = f32(x + 1);
  const inner = f32(f32(f32(f32(A * beyond) - 5 * A) * beyond) + 8 * A);
  const far = f32(f32(inner * beyond) - 4 * A);
  const near = (t: number) => f32(f32(f32(f32(f32((A + 2) * t) - (A + 3)) * t) * t) + 1);
  const first = near(x);
  const second = near(f32(1 - x));
  return [far, first, second, f32(f32(f32(1 - far) - first) - second)];
}

function fillTable(axis: Axis, entryAt: (place: number) => number[]): Int32Array {
  return Int32Array.from(
    Array.from({ length: axis.count }, (_, k) => entryAt(axis.first + k)).flat(),
  );
}

function axesOf({ width, height }: RgbImage, window: CropWindow): { across: Axis; down: Axis } {
  const { resized, left, top, columns, rows } = window;
  return {
    across: { source: width, target: resized.width, first: left, count: columns },
    down: { source: height, target: resized.height, first: top, count: rows },
  };
}

interface Pass {
  image: RgbImage;
  window: CropWindow;
  columns: Int32Array;
  downTable: Int32Array;
  /** Source rows that are held at a time after the horizontal pass; a power of two. */
  slots: number;
  across: typeof rows.cubicAcross;
}

/** The horizontal pass: gives the address of a source row after it, and computes each row once. */
function passAcross({ image, window, columns, downTable, slots, across }: Pass) {
  const rowValues = window.columns * 3;
  const stride = 4 * rowValues + slack;
  const { places, row, ring, weights, out } = layOut({
    places: columns.byteLength,
    row: (image.width + 2 * edge) * 3,
    ring: slots * stride,
    weights: downTable.byteLength,
    out: window.rows * rowValues,
  });
  putTable(places, columns);
  putTable(weights, downTable);
  const bytes = memoryBytes();
  const held = new Array<number>(slots).fill(-1);
  function rowAt(index: number): number {
    const slot = index & (slots - 1);
    const address = ring + slot * stride;
    if (held[slot] !== index) {
      putRow(bytes, { at: row, pixels: rowOf(image, index) });
      across(address, row, places, window.columns);
      held[slot] = index;
    }
    return address;
  }
  return { rowAt, out, weights, result: () => bytes.slice(out, out + window.rows * rowValues) };
}

/** A source row with its first and last pixel repeated at the ends. */
function putRow(bytes: Uint8Array, { at, pixels }: { at: number; pixels: Uint8Array }): void {
  const start = at + edge * 3;
  const end = start + pixels.length;
  bytes.set(pixels, start);
  for (let k = 0; k < edge * 3; k++) {
    bytes[at + k] = pixels[k % 3];
    bytes[end + k] = pixels[pixels.length - 3 + (k % 3)];
  }
}

/** @returns columns × rows × 3 bytes of the window. */
export function resizeLinear(image: RgbImage, window: CropWindow): Uint8Array<ArrayBuffer> {
  const { across, down } = axesOf(image, window);
  const table = linearRowTable(down);
  const pass = passAcross({
    image,
    window,
    columns: linearColumnTable(across),
    downTable: table,
    slots: 2,
    across: rows.linearAcross,
  });
  const width = window.columns * 3;
  for (let y = 0; y < window.rows; y++) {
    const [upper, lower, above, below] = table.subarray(y * 4, y * 4 + 4);
    const out = pass.out + y * width;
    rows.linearDown(out, width, pass.rowAt(upper), pass.rowAt(lower), above, below);
  }
  return pass.result();
}

/** @returns columns × rows × 3 bytes of the window. */
export function resizeCubic(image: RgbImage, window: CropWindow): Uint8Array<ArrayBuffer> {
  const { across, down } = axesOf(image, window);
  const table = cubicRowTable(down);
  const pass = passAcross({
    image,
    window,
    columns: cubicColumnTable(across),
    downTable: table,
    slots: 4,
    across: rows.cubicAcross,
  });
  const width = window.columns * 3;
  const inBlocks = blockEnd(window);
  for (let y = 0; y < window.rows; y++) {
    const [p, q, r, s] = table.subarray(y * 8, y * 8 + 4);
    const taps = [pass.rowAt(p), pass.rowAt(q), pass.rowAt(r), pass.rowAt(s)] as const;
    const weights = pass.weights + (y * 8 + 4) * 4;
    const out = pass.out + y * width;
    rows.cubicDown(out, inBlocks, ...taps, weights);
    if (inBlocks < width) rows.cubicDownTail(out, inBlocks, width, ...taps, weights);
  }
  return pass.result();
}

/** Values of a row that OpenCV computes in blocks of 8 from the start of the whole row, in float32; then the tail. */
function blockEnd({ resized, left, columns }: CropWindow): number {
  const end = Math.floor((resized.width * 3) / 8) * 8 - left * 3;
  return Math.min(Math.max(end, 0), columns * 3);
}
