/** Tango's score test and interval for the difference of paired proportions (Statistics in Medicine 17, 1998, 891). */
import { normalCdf, upperNormalQuantile } from './distributions.ts';
import { type Discordant, lostImages } from './paired.ts';

export interface Paired extends Discordant {
  /** N: images of both runs. */
  images: number;
}

/**
 * T(δ) = (b − c − Nδ) / √(N(2q + δ(1 − δ))), near N(0, 1) when the loss is δ; falls as δ rises.
 * q is the most likely share of images that only the candidate has right, given a loss of δ, -1 ≤ δ ≤ 1.
 * Infinite where δ is impossible; 0 where it is certain.
 */
export function tangoScore(counts: Paired, delta: number): number {
  const numerator = lostImages(counts) - counts.images * delta;
  const variance = counts.images * (2 * likeliest(counts, delta) + delta * (1 - delta));
  if (variance > 0) {
    return numerator / Math.sqrt(variance);
  }
  return numerator === 0 ? 0 : numerator * Number.POSITIVE_INFINITY;
}

/** q = (√(B² − 4AC) − B) / (2A), written without cancellation where B > 0. */
function likeliest(
  { images, onlyBaselineRight: b, onlyCandidateRight: c }: Paired,
  delta: number,
): number {
  const A = 2 * images;
  const B = -b - c + (2 * images - b + c) * delta;
  const C = -c * delta * (1 - delta);
  const root = Math.sqrt(Math.max(0, B * B - 4 * A * C));
  return B > 0 ? (-2 * C) / (root + B) : (root - B) / (2 * A);
}

/** p_N = Φ(T(margin)): small where a loss of `margin` or more would seldom look so good. */
export function nonInferiorityP(counts: Paired, margin: number): number {
  return normalCdf(tangoScore(counts, margin));
}

/** The losses that T does not reject at level `alpha` on either side, 0 < alpha < ½: an interval at 1 − 2 alpha. */
export function tangoInterval(counts: Paired, alpha: number): { low: number; high: number } {
  const z = upperNormalQuantile(alpha);
  const loss = lostImages(counts) / counts.images;
  return {
    low: crossing((delta) => tangoScore(counts, delta) <= z, { from: -1, to: loss }),
    high: crossing((delta) => tangoScore(counts, delta) < -z, { from: loss, to: 1 }),
  };
}

/** Where `holds` turns true, to the last bit, by halving; `from` where it holds throughout, `to` where it never does. */
function crossing(
  holds: (delta: number) => boolean,
  { from, to }: { from: number; to: number },
): number {
  if (holds(from)) {
    return from;
  }
  let [below, above] = [from, to];
  for (;;) {
    const middle = (below + above) / 2;
    if (middle <= below || middle >= above) {
      return above;
    }
    if (holds(middle)) {
      above = middle;
    } else {
      below = middle;
    }
  }
}
