/** The part of cephes 3 that distributions.ts calls: its package.json names no types for `import`. */
declare module 'cephes' {
  /** Resolves once the WebAssembly is compiled; nothing may be called before. */
  export const compiled: Promise<void>;
  /** P(Z ≤ x) of the standard normal distribution. */
  export function ndtr(x: number): number;
  /** The x with P(Z ≤ x) = p, 0 < p < 1. */
  export function ndtri(p: number): number;
  /** The t with P(T ≤ t) = p, 0 < p < 1, for Student's distribution. */
  export function stdtri(degrees: number, p: number): number;
  /** P(X > k) of the binomial distribution, 0 ≤ k ≤ n. */
  export function bdtrc(k: number, n: number, p: number): number;
  /** The x with P(X ≤ x) = p of the beta distribution. */
  export function incbi(a: number, b: number, p: number): number;
}
