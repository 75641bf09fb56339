/** Does a measured accuracy agree with a published one? Both are on the same images, so no sampling error enters. */

export interface PublishedFigure {
  /** A fraction, e.g. 0.774. */
  fraction: number;
  /** Digits of the fraction as printed: 3 for 77.4%. */
  digits: number;
  /** Declared for preprocessing and conversion, a fraction; with its source on the model card. */
  tolerance: number;
}

export interface Agreement {
  agrees: boolean;
  /** Images above (positive) or below the published figure; not whole, for the figure is rounded. */
  difference: number;
  /** Images by which the two may differ: half a printed unit, and the tolerance. */
  allowed: number;
}

/** Absorbs the rounding of decimal fractions; far below one image. */
const rounding = 1e-6;

export function agreesWithPublished(
  { correct, images }: { correct: number; images: number },
  { fraction, digits, tolerance }: PublishedFigure,
): Agreement {
  const difference = correct - fraction * images;
  const allowed = (0.5 * 10 ** -digits + tolerance) * images;
  return { agrees: Math.abs(difference) <= allowed + rounding, difference, allowed };
}
