/** The distribution functions that verdicts stand on. The only door to cephes, the C code under SciPy's own. */
import { bdtrc, compiled, incbi, ndtr, ndtri, stdtri } from 'cephes';

await compiled;

/** P(Z ≤ z) of the standard normal distribution; `z` may be infinite. */
export function normalCdf(z: number): number {
  return Number.isFinite(z) ? ndtr(z) : Number(z > 0);
}

/** The z with P(Z > z) = `tail`, 0 < tail < 1: z(1 − tail). */
export function upperNormalQuantile(tail: number): number {
  return -ndtri(tail);
}

/** The t with P(T > t) = `tail`, 0 < tail < 1: t(1 − tail, degrees) of Student's distribution. */
export function upperTQuantile(tail: number, degrees: number): number {
  return -stdtri(degrees, tail);
}

/** P(X ≥ atLeast) of the binomial distribution. */
export function binomialTail(
  atLeast: number,
  { trials, probability }: { trials: number; probability: number },
): number {
  if (atLeast <= 0) {
    return 1;
  }
  return atLeast > trials ? 0 : bdtrc(atLeast - 1, trials, probability);
}

/** The upper one-sided limit of Clopper & Pearson (1934): the largest probability not rejected by `hits` or fewer. */
export function clopperPearsonUpper(
  hits: number,
  { trials, confidence }: { trials: number; confidence: number },
): number {
  return hits >= trials ? 1 : incbi(hits + 1, trials - hits, confidence);
}
