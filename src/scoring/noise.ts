/** How far two runs of one model differ by the machine alone: the noise bound W, from repeated runs. */
import { upperTQuantile } from './distributions.ts';

/** Repeated runs of one model under the conditions of the gate. */
export interface Calibration {
  /** Right images of each run, for the metric of the gate. */
  correct: readonly number[];
  /** Were the predictions of all runs the same, byte for byte? */
  identical: boolean;
}

export interface Noise {
  /** W, in images. */
  noise: number;
  /** `identical`: repeats agree to the byte; `repeated`: from their spread; `none`: not calibrated, W = 0. */
  calibration: 'identical' | 'repeated' | 'none';
}

const identicalRuns = 3;
const repeatedRuns = 5;

/**
 * Variance of rounding to whole images (Sheppard 1898). The t bound takes the counts for normal; where they spread by an
 * image or less, five of them often agree by luck, and without this W would be too small (bench/simulate-verdicts.ts).
 */
const roundingVariance = 1 / 12;

/**
 * W = ⌈t(1 − α/k, K − 1) · √(s² + 1/12) · √2⌉ from K ≥ 5 runs whose right images have variance s²; 0 when three or
 * more runs are identical. `alpha`: error level of the night; `gates`: how many gates share it, k.
 */
export function noiseBound(
  calibration: Calibration | null,
  { alpha, gates }: { alpha: number; gates: number },
): Noise {
  const { correct, identical } = calibration ?? { correct: [], identical: false };
  if (identical && correct.length >= identicalRuns) {
    return { noise: 0, calibration: 'identical' };
  }
  if (correct.length < repeatedRuns) {
    return { noise: 0, calibration: 'none' };
  }
  const t = upperTQuantile(alpha / gates, correct.length - 1);
  return {
    noise: Math.ceil(t * Math.sqrt(2 * (varianceOf(correct) + roundingVariance))),
    calibration: 'repeated',
  };
}

function varianceOf(values: readonly number[]): number {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const squares = values.reduce((sum, value) => sum + (value - mean) ** 2, 0);
  return squares / (values.length - 1);
}
