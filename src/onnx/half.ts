/** IEEE 754 binary16: float32 values rounded to half precision, and what that loses. */

/** What became of values on their way to float16. */
export interface HalfLoss {
  values: number;
  /** Finite values that would have become infinite: the largest finite half, 65504, stands for them. */
  clamped: number;
  /** Values other than zero that became zero: 2^-25 and below. */
  flushed: number;
}

export const noLoss: HalfLoss = { values: 0, clamped: 0, flushed: 0 };

export function addLoss(a: HalfLoss, b: HalfLoss): HalfLoss {
  return {
    values: a.values + b.values,
    clamped: a.clamped + b.clamped,
    flushed: a.flushed + b.flushed,
  };
}

/** Bits of float32 values. */
const infinity = 0x7f800000;
/** 65520, halfway between 65504 and the next power of two: from here on rounding would give infinity. */
const tooLarge = 0x477ff000;
/** 2^-14: below it halves have fewer digits. */
const smallestNormal = 0x38800000;
/** The bias of float32's exponent less that of float16, where the exponent stands. */
const rebias = (127 - 15) << 23;
const droppedBits = 23 - 10;

const halfInfinity = 0x7c00;
const halfNaN = 0x7e00;
const largestHalf = 0x7bff;

/**
 * Rounds to the nearest half, between two equally near ones to the even one; infinities and NaN stay.
 * @param bits float32 values as unsigned integers
 * @param halves takes the bits of as many halves
 */
export function roundToHalf(bits: Uint32Array, halves: Uint16Array): HalfLoss {
  const loss = { ...noLoss, values: bits.length };
  for (let index = 0; index < bits.length; index += 1) {
    const magnitude = bits[index] & 0x7fffffff;
    let half: number;
    if (magnitude >= tooLarge) {
      half = beyondRange(magnitude);
      if (half === largestHalf) loss.clamped += 1;
    } else if (magnitude >= smallestNormal) {
      const even = (magnitude >> droppedBits) & 1;
      half = (magnitude - rebias + 0xfff + even) >> droppedBits;
    } else {
      half = subnormal(magnitude);
      if (half === 0 && magnitude !== 0) loss.flushed += 1;
    }
    halves[index] = ((bits[index] >>> 16) & 0x8000) | half;
  }
  return loss;
}

function beyondRange(magnitude: number): number {
  if (magnitude > infinity) return halfNaN;
  return magnitude === infinity ? halfInfinity : largestHalf;
}

/** In units of 2^-24; the largest result is the smallest normal half. */
function subnormal(magnitude: number): number {
  const mantissa = (magnitude & 0x7fffff) | 0x800000;
  const shift = 126 - (magnitude >> 23);
  if (shift > 24) return 0;
  const half = mantissa >> shift;
  const rest = mantissa & ((1 << shift) - 1);
  const halfway = 1 << (shift - 1);
  return rest > halfway || (rest === halfway && (half & 1) === 1) ? half + 1 : half;
}
