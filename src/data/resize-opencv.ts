/** cv2.resize of OpenCV 4.x on 8-bit RGB, bit for bit: INTER_LINEAR and INTER_CUBIC, for a window of the result. */
import { type CropWindow, roundHalfEven } from './geometry.ts';
import { type Axis, type RgbImage, rememberTables, reusableRing, rowOf } from './resize-tables.ts';

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

/** Per place: both source indices, clamped, and both weights. */
const linearRowTable = rememberTables((axis) =>
  fillTable(axis, (place) => {
    const { index, fraction } = positionOf(place, axis);
    const weights = [fixedPoint(f32(1 - fraction)), fixedPoint(fraction)];
    return [clampIndex(index, axis), clampIndex(index + 1, axis), ...weights];
  }),
);

/** Per place: byte offsets of both source pixels, and the second weight; the first is its complement to 2048. */
const linearColumnTable = rememberTables((axis) =>
  fillTable(axis, (place) => {
    const { index, fraction } = positionOf(place, axis);
    return [clampIndex(index, axis) * 3, clampIndex(index + 1, axis) * 3, fixedPoint(fraction)];
  }),
);

/** Per place: four source indices, clamped, times the step, then four weights. */
function cubicTable(axis: Axis, step: number): Int32Array {
  return fillTable(axis, (place) => {
    const { index, fraction } = positionOf(place, axis);
    const taps = [-1, 0, 1, 2].map((tap) => clampIndex(index + tap, axis) * step);
    return [...taps, ...cubicWeights(fraction).map(fixedPoint)];
  });
}
const cubicRowTable = rememberTables((axis) => cubicTable(axis, 1));
const cubicColumnTable = rememberTables((axis) => cubicTable(axis, 3));

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

const linearRing = reusableRing(2);

/** @returns columns × rows × 3 bytes of the window. */
export function resizeLinear(image: RgbImage, window: CropWindow): Uint8ClampedArray<ArrayBuffer> {
  const { across, down } = axesOf(image, window);
  const columns = linearColumnTable(across);
  const rows = linearRowTable(down);
  const width = window.columns * 3;
  const ring = linearRing(width);
  const passed = (index: number) =>
    ring.row(index, (into) => linearAcross(into, { row: rowOf(image, index), columns }));
  const out = new Uint8ClampedArray(window.rows * width);
  for (let y = 0; y < window.rows; y++) {
    linearDown(out.subarray(y * width, (y + 1) * width), {
      upper: passed(rows[y * 4]),
      lower: passed(rows[y * 4 + 1]),
      weights: rows.subarray(y * 4 + 2, y * 4 + 4),
    });
  }
  return out;
}

/** Horizontal pass of one row; without the four bits that the vertical pass would drop. */
function linearAcross(
  into: Int32Array,
  { row, columns }: { row: Uint8Array; columns: Int32Array },
): void {
  for (let k = 0, x = 0; k < columns.length; k += 3, x += 3) {
    const left = columns[k];
    const right = columns[k + 1];
    const weight = columns[k + 2];
    const red = row[left];
    const green = row[left + 1];
    const blue = row[left + 2];
    into[x] = ((red << weightBits) + Math.imul(weight, row[right] - red)) >> 4;
    into[x + 1] = ((green << weightBits) + Math.imul(weight, row[right + 1] - green)) >> 4;
    into[x + 2] = ((blue << weightBits) + Math.imul(weight, row[right + 2] - blue)) >> 4;
  }
}

function linearDown(
  out: Uint8ClampedArray,
  { upper, lower, weights }: { upper: Int32Array; lower: Int32Array; weights: Int32Array },
): void {
  const above = weights[0];
  const below = weights[1];
  for (let x = 0; x < out.length; x++) {
    out[x] = ((Math.imul(above, upper[x]) >> 16) + (Math.imul(below, lower[x]) >> 16) + 2) >> 2;
  }
}

const cubicRing = reusableRing(4);

/** @returns columns × rows × 3 bytes of the window. */
export function resizeCubic(image: RgbImage, window: CropWindow): Uint8ClampedArray<ArrayBuffer> {
  const { across, down } = axesOf(image, window);
  const columns = cubicColumnTable(across);
  const rows = cubicRowTable(down);
  const width = window.columns * 3;
  const ring = cubicRing(width);
  const passed = (index: number) =>
    ring.row(index, (into) => cubicAcross(into, { row: rowOf(image, index), columns }));
  const inBlocks = blockEnd(window);
  const out = new Uint8ClampedArray(window.rows * width);
  for (let y = 0; y < window.rows; y++) {
    const entry = rows.subarray(y * 8, y * 8 + 8);
    const taps = [passed(entry[0]), passed(entry[1]), passed(entry[2]), passed(entry[3])];
    const weights = entry.subarray(4);
    const line = out.subarray(y * width, (y + 1) * width);
    cubicDown(line.subarray(0, inBlocks), { taps, weights });
    if (inBlocks < width) cubicDownTail(line, { taps, weights, from: inBlocks });
  }
  return out;
}

/** Values of a row that OpenCV computes in blocks of 8 from the start of the whole row, in float32; then the tail. */
function blockEnd({ resized, left, columns }: CropWindow): number {
  const end = Math.floor((resized.width * 3) / 8) * 8 - left * 3;
  return Math.min(Math.max(end, 0), columns * 3);
}

function cubicAcross(
  into: Int32Array,
  { row, columns }: { row: Uint8Array; columns: Int32Array },
): void {
  for (let k = 0, x = 0; k < columns.length; k += 8, x += 3) {
    const p = columns[k];
    const q = columns[k + 1];
    const r = columns[k + 2];
    const s = columns[k + 3];
    const a = columns[k + 4];
    const b = columns[k + 5];
    const c = columns[k + 6];
    const d = columns[k + 7];
    into[x] =
      Math.imul(a, row[p]) + Math.imul(b, row[q]) + Math.imul(c, row[r]) + Math.imul(d, row[s]);
    into[x + 1] =
      Math.imul(a, row[p + 1]) +
      Math.imul(b, row[q + 1]) +
      Math.imul(c, row[r + 1]) +
      Math.imul(d, row[s + 1]);
    into[x + 2] =
      Math.imul(a, row[p + 2]) +
      Math.imul(b, row[q + 2]) +
      Math.imul(c, row[r + 2]) +
      Math.imul(d, row[s + 2]);
  }
}

interface CubicTaps {
  /** Four rows of the horizontal pass. */
  taps: Int32Array[];
  weights: Int32Array;
}

const sumBits = 2 * weightBits;
const half = 1 << (sumBits - 1);
const belowUnit = (1 << sumBits) - 1;
/**
 * Within this distance of a tie (2^-11 of a level) the float32 sum may round the other way than the exact one. Its
 * error is below 2^-12: four products under 512 and sums under 1024, each rounded once, the weights being exact.
 */
const nearTie = 1 << (sumBits - 11);

/** The float32 sum of `VResizeCubicVec_32s8u`, from exact integers; in float32 only where that could differ. */
function cubicDown(out: Uint8ClampedArray, { taps, weights }: CubicTaps): void {
  const [p, q, r, s] = taps;
  const [a, b, c, d] = weights;
  for (let x = 0; x < out.length; x++) {
    const i = p[x];
    const j = q[x];
    const k = r[x];
    const l = s[x];
    const sum = (Math.imul(a, i) + Math.imul(b, j) + Math.imul(c, k) + Math.imul(d, l) + half) | 0;
    if (((sum + nearTie) & belowUnit) < 2 * nearTie) {
      out[x] = cubicInFloat32(a * i, b * j, c * k, d * l);
    } else {
      out[x] = sum >> sumBits;
    }
  }
}

/** Integer products of the four taps, summed as the vector code does: from the last, rounded after each addition. */
function cubicInFloat32(p: number, q: number, r: number, s: number): number {
  const unit = 1 / (1 << sumBits);
  const lower = f32(f32(r * unit) + f32(s * unit));
  return f32(f32(p * unit) + f32(f32(q * unit) + lower));
}

/** The scalar code after the last block: integers throughout. */
function cubicDownTail(
  out: Uint8ClampedArray,
  { taps, weights, from }: CubicTaps & { from: number },
): void {
  const [p, q, r, s] = taps;
  const [a, b, c, d] = weights;
  for (let x = from; x < out.length; x++) {
    const sum = Math.imul(a, p[x]) + Math.imul(b, q[x]) + Math.imul(c, r[x]) + Math.imul(d, s[x]);
    out[x] = (sum + half) >> sumBits;
  }
}
