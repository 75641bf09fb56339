/** The inner loops of every resize kernel, sixteen bytes at a time; AssemblyScript, compiled by `npm run kernels`. */

/** Each channel of two neighbouring pixels side by side, r r g g b b; then the same of the two pixels after them. */
function paired(bytes: v128): v128 {
  return i8x16.shuffle(bytes, bytes, 0, 3, 1, 4, 2, 5, 0, 0, 6, 9, 7, 10, 8, 11, 0, 0);
}

/** Horizontal pass of OpenCV's linear kernel. Entries of `places`: byte offset of the left pixel, both weights. */
export function linearAcross(into: usize, row: usize, places: usize, count: i32): void {
  for (let k = 0; k < count; k++) {
    const both = i16x8.extend_low_i8x16_u(paired(v128.load(row + load<u32>(places))));
    const sum = i32x4.dot_i16x8_s(both, v128.load32_splat(places, 4));
    v128.store(into, i32x4.shr_s(sum, 4));
    places += 8;
    into += 12;
  }
}

/** Horizontal pass of OpenCV's cubic kernel. Entries of `places`: byte offset of the first pixel, two pairs of weights. */
export function cubicAcross(into: usize, row: usize, places: usize, count: i32): void {
  for (let k = 0; k < count; k++) {
    const taps = paired(v128.load(row + load<u32>(places)));
    const first = i32x4.dot_i16x8_s(i16x8.extend_low_i8x16_u(taps), v128.load32_splat(places, 4));
    const last = i32x4.dot_i16x8_s(i16x8.extend_high_i8x16_u(taps), v128.load32_splat(places, 8));
    v128.store(into, i32x4.add(first, last));
    places += 12;
    into += 12;
  }
}

function narrow(a: v128, b: v128, c: v128, d: v128): v128 {
  return i8x16.narrow_i16x8_u(i16x8.narrow_i32x4_s(a, b), i16x8.narrow_i32x4_s(c, d));
}

function linearSum(upper: v128, lower: v128, above: v128, below: v128): v128 {
  const first = i32x4.shr_s(i32x4.mul(upper, above), 16);
  const second = i32x4.shr_s(i32x4.mul(lower, below), 16);
  return i32x4.shr_s(i32x4.add(i32x4.add(first, second), i32x4.splat(2)), 2);
}

/** Vertical pass of OpenCV's linear kernel on `count` values, rounded up to whole vectors. */
export function linearDown(
  out: usize,
  count: i32,
  upper: usize,
  lower: usize,
  weightAbove: i32,
  weightBelow: i32,
): void {
  const above = i32x4.splat(weightAbove);
  const below = i32x4.splat(weightBelow);
  for (let x = 0; x < count; x += 16) {
    const a = linearSum(v128.load(upper), v128.load(lower), above, below);
    const b = linearSum(v128.load(upper, 16), v128.load(lower, 16), above, below);
    const c = linearSum(v128.load(upper, 32), v128.load(lower, 32), above, below);
    const d = linearSum(v128.load(upper, 48), v128.load(lower, 48), above, below);
    v128.store(out, narrow(a, b, c, d));
    upper += 64;
    lower += 64;
    out += 16;
  }
}

/** One term of `VResizeCubicVec_32s8u`: the weight is exact in float32, the product is rounded once. */
function scaled(row: usize, weight: v128): v128 {
  return f32x4.mul(f32x4.convert_i32x4_s(v128.load(row)), weight);
}

/** The sum from the last term, rounded after each addition, then to the nearest integer, halves to even. */
function cubicSum(
  p: usize,
  q: usize,
  r: usize,
  s: usize,
  a: v128,
  b: v128,
  c: v128,
  d: v128,
): v128 {
  const lower = f32x4.add(scaled(r, c), scaled(s, d));
  const sum = f32x4.add(scaled(p, a), f32x4.add(scaled(q, b), lower));
  return i32x4.trunc_sat_f32x4_s(f32x4.nearest(sum));
}

const unit: f32 = 1.0 / 4194304.0;

/** Vertical pass of OpenCV's cubic kernel on `count` values, rounded up to whole vectors, as its vector code has it. */
export function cubicDown(
  out: usize,
  count: i32,
  p: usize,
  q: usize,
  r: usize,
  s: usize,
  weights: usize,
): void {
  const a = f32x4.splat(f32(load<i32>(weights)) * unit);
  const b = f32x4.splat(f32(load<i32>(weights, 4)) * unit);
  const c = f32x4.splat(f32(load<i32>(weights, 8)) * unit);
  const d = f32x4.splat(f32(load<i32>(weights, 12)) * unit);
  for (let x = 0; x < count; x += 16) {
    const first = cubicSum(p, q, r, s, a, b, c, d);
    const second = cubicSum(p + 16, q + 16, r + 16, s + 16, a, b, c, d);
    const third = cubicSum(p + 32, q + 32, r + 32, s + 32, a, b, c, d);
    const fourth = cubicSum(p + 48, q + 48, r + 48, s + 48, a, b, c, d);
    v128.store(out, narrow(first, second, third, fourth));
    p += 64;
    q += 64;
    r += 64;
    s += 64;
    out += 16;
  }
}

/** The scalar code of OpenCV's cubic kernel after its last block: values `from` to `count`, integers throughout. */
export function cubicDownTail(
  out: usize,
  from: i32,
  count: i32,
  p: usize,
  q: usize,
  r: usize,
  s: usize,
  weights: usize,
): void {
  const a = load<i32>(weights);
  const b = load<i32>(weights, 4);
  const c = load<i32>(weights, 8);
  const d = load<i32>(weights, 12);
  for (let x = from; x < count; x++) {
    const at = (<usize>x) << 2;
    const upper = a * load<i32>(p + at) + b * load<i32>(q + at);
    const lower = c * load<i32>(r + at) + d * load<i32>(s + at);
    const level = (upper + lower + (1 << 21)) >> 22;
    store<u8>(out + x, <u8>min(max(level, 0), 255));
  }
}

/** Three channels of one pixel as 32-bit values. */
function pixelAt(at: usize): v128 {
  const bytes = v128.load32_zero(at);
  return i32x4.extend_low_i16x8_u(i16x8.extend_low_i8x16_u(bytes));
}

const half = 1 << 21;

/**
 * Horizontal pass of Pillow. Entries of `places`: byte offset of the first pixel, number of taps; the weights follow each
 * other.
 */
export function filterAcross(
  into: usize,
  row: usize,
  places: usize,
  weights: usize,
  count: i32,
): void {
  for (let k = 0; k < count; k++) {
    let at = row + load<u32>(places);
    const end = weights + ((<usize>load<u32>(places, 4)) << 2);
    let sum = i32x4.splat(half);
    while (weights < end) {
      sum = i32x4.add(sum, i32x4.mul(pixelAt(at), v128.load32_splat(weights)));
      at += 3;
      weights += 4;
    }
    const levels = i32x4.shr_s(sum, 22);
    v128.store32_lane(into, narrow(levels, levels, levels, levels), 0);
    places += 8;
    into += 3;
  }
}

/** Vertical pass of Pillow on `width` values, rounded up to whole vectors: `taps` rows from `rows`. */
export function filterDown(out: usize, rows: usize, width: i32, weights: usize, taps: i32): void {
  for (let x = 0; x < width; x += 16) {
    let a = i32x4.splat(half);
    let b = a;
    let c = a;
    let d = a;
    let row = rows + x;
    for (let tap = 0; tap < taps; tap++) {
      const weight = v128.load32_splat(weights + ((<usize>tap) << 2));
      const bytes = v128.load(row);
      const low = i16x8.extend_low_i8x16_u(bytes);
      const high = i16x8.extend_high_i8x16_u(bytes);
      a = i32x4.add(a, i32x4.mul(i32x4.extend_low_i16x8_u(low), weight));
      b = i32x4.add(b, i32x4.mul(i32x4.extend_high_i16x8_u(low), weight));
      c = i32x4.add(c, i32x4.mul(i32x4.extend_low_i16x8_u(high), weight));
      d = i32x4.add(d, i32x4.mul(i32x4.extend_high_i16x8_u(high), weight));
      row += width;
    }
    const first = i32x4.shr_s(a, 22);
    const second = i32x4.shr_s(b, 22);
    const third = i32x4.shr_s(c, 22);
    v128.store(out + x, narrow(first, second, third, i32x4.shr_s(d, 22)));
  }
}
