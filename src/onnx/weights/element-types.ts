/** The element types that checkpoints store, and the way from each to float32. */

/** Bytes of one element. */
export const elementBytes = {
  float64: 8,
  float32: 4,
  float16: 2,
  bfloat16: 2,
  int64: 8,
  int32: 4,
  int16: 2,
  int8: 1,
  uint8: 1,
  bool: 1,
} as const;

export type ElementType = keyof typeof elementBytes;

/**
 * Rounds to the nearest float32; beyond its range lies infinity.
 * @param bytes little-endian elements; an exact number of them
 * @param target as long as there are elements
 */
export function toFloat32(bytes: Uint8Array, type: ElementType, target: Float32Array): void {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const read = readers[type];
  if (read === 'copy') {
    new Uint8Array(target.buffer, target.byteOffset, target.byteLength).set(bytes);
    return;
  }
  const size = elementBytes[type];
  for (let index = 0; index < target.length; index += 1) {
    target[index] = read(view, index * size);
  }
}

type Reader = (view: DataView, at: number) => number;

const readers: Record<ElementType, Reader | 'copy'> = {
  float64: (view, at) => view.getFloat64(at, true),
  float32: 'copy',
  float16: (view, at) => halves()[view.getUint16(at, true)],
  bfloat16: (view, at) => widen(view.getUint16(at, true) << 16),
  int64: (view, at) => Number(view.getBigInt64(at, true)),
  int32: (view, at) => view.getInt32(at, true),
  int16: (view, at) => view.getInt16(at, true),
  int8: (view, at) => view.getInt8(at),
  uint8: (view, at) => view.getUint8(at),
  bool: (view, at) => (view.getUint8(at) === 0 ? 0 : 1),
};

const bits = new Int32Array(1);
const value = new Float32Array(bits.buffer);

/** The float32 with these bits: a bfloat16 is its upper half. */
function widen(pattern: number): number {
  bits[0] = pattern;
  return value[0];
}

let table: Float32Array | undefined;

/** IEEE 754 binary16: the value of each of its 65,536 patterns. */
function halves(): Float32Array {
  table ??= Float32Array.from({ length: 2 ** 16 }, (_, pattern) => {
    const sign = pattern >> 15 ? -1 : 1;
    const exponent = (pattern >> 10) & 31;
    const fraction = (pattern & 1023) / 1024;
    if (exponent === 31) return fraction === 0 ? sign * Number.POSITIVE_INFINITY : Number.NaN;
    if (exponent === 0) return sign * fraction * 2 ** -14;
    return sign * (1 + fraction) * 2 ** (exponent - 15);
  });
  return table;
}
