/** Halves by the definition of the format: sign, five bits of exponent with bias 15, ten bits of fraction. */
export function halfValue(half: number): number {
  const sign = half & 0x8000 ? -1 : 1;
  const exponent = (half >> 10) & 31;
  const fraction = half & 1023;
  if (exponent === 31) return fraction ? Number.NaN : sign * Number.POSITIVE_INFINITY;
  return exponent === 0
    ? sign * fraction * 2 ** -24
    : sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
}

/** All finite halves that are not negative, in order. */
const finite = Array.from({ length: 0x7c00 }, (_, half) => halfValue(half));

/** The nearest half, of two equally near ones the even one, by search. */
export function nearestHalf(value: number): number {
  const magnitude = Math.abs(value);
  let low = 0;
  let high = finite.length - 1;
  while (high - low > 1) {
    const middle = (low + high) >> 1;
    if (finite[middle] <= magnitude) low = middle;
    else high = middle;
  }
  const below = magnitude - finite[low];
  const above = finite[high] - magnitude;
  const nearest = below < above || (below === above && low % 2 === 0) ? low : high;
  return Object.is(value, -0) || value < 0 ? -finite[nearest] : finite[nearest];
}
