/**
 * Deciding a gate of estimand `manifest` before the last image: a betting martingale for sampling without
 * replacement (Waudby-Smith & Ramdas 2020, 2024; Stark 2023), valid at every look.
 */
import { holm } from './holm.ts';
import { type Decision, decideManifest } from './verdict.ts';

/** Bets of several sizes, averaged: small ones pay for small losses, large ones for rare discordance. */
const bets = [0.02, 0.05, 0.1, 0.2, 0.4, 0.8];

/** Keeps every factor of the martingale positive. */
const cap = 0.99;

/**
 * The wealth of a gambler who doubts that the outcomes of all `images` sum to `atLeast` or more.
 * Outcomes come in a random order decided beforehand. If the sum is as claimed, the wealth ever exceeds 1/p with
 * probability p at most (Ville 1939).
 */
class Wager {
  readonly #images: number;
  readonly #atLeast: number;
  readonly #wealth = bets.map(() => 1);
  #seen = 0;
  #sum = 0;
  #highest = 1;

  constructor({ images, atLeast }: { images: number; atLeast: number }) {
    this.#images = images;
    this.#atLeast = atLeast;
    this.#foreclose();
  }

  /** @param outcome 1, 0 or -1. */
  add(outcome: number): void {
    const mean = (this.#atLeast - this.#sum) / (this.#images - this.#seen);
    const limit = cap / (1 - mean);
    let total = 0;
    for (let index = 0; index < bets.length; index += 1) {
      const stake = mean < 1 && bets[index] > limit ? limit : bets[index];
      this.#wealth[index] *= 1 + stake * (mean - outcome);
      total += this.#wealth[index];
    }
    this.#highest = Math.max(this.#highest, total / bets.length);
    this.#seen += 1;
    this.#sum += outcome;
    this.#foreclose();
  }

  get p(): number {
    return 1 / this.#highest;
  }

  /** What is left can no longer reach the claimed sum: the next mean would exceed 1. */
  #foreclose(): void {
    if (this.#atLeast - this.#sum > this.#images - this.#seen) {
      this.#highest = Number.POSITIVE_INFINITY;
    }
  }
}

export interface EarlyReading {
  /** Images seen. */
  seen: number;
  /** D so far: images lost on balance among those seen. */
  lostImages: number;
  /** Of the hypothesis that D + W > M over all images. */
  passP: number;
  /** Of the hypothesis that D − W ≤ M over all images. */
  regressionP: number;
}

/** One gate, fed with its outcomes in the planned order, shard by shard. */
export class EarlyGate {
  readonly images: number;
  readonly marginImages: number;
  readonly noise: number;
  readonly #outcomes: Int8Array;
  readonly #pass: Wager;
  readonly #regression: Wager;
  #seen = 0;
  #lost = 0;

  /** `marginImages` M and `noise` W, in images, as for the verdict at the end. */
  constructor({
    images,
    marginImages,
    noise,
  }: {
    images: number;
    marginImages: number;
    noise: number;
  }) {
    this.images = images;
    this.marginImages = marginImages;
    this.noise = noise;
    this.#outcomes = new Int8Array(images);
    this.#pass = new Wager({ images, atLeast: marginImages - noise + 1 });
    this.#regression = new Wager({ images, atLeast: -(marginImages + noise) });
  }

  /** One whole shard, next in the planned order: 1 where only the baseline is right, -1 only the candidate, else 0. */
  feed(outcomes: Int8Array | readonly number[]): void {
    if (this.#seen + outcomes.length > this.images) {
      throw new RangeError(
        `A gate of ${this.images} images was fed ${this.#seen + outcomes.length}.`,
      );
    }
    this.#outcomes.set(outcomes, this.#seen);
    for (const outcome of outcomes) {
      this.#pass.add(outcome);
      this.#regression.add(-outcome);
      this.#lost += outcome;
    }
    this.#seen += outcomes.length;
  }

  /** Read at the end of a shard. */
  read(): EarlyReading {
    return {
      seen: this.#seen,
      lostImages: this.#lost,
      passP: this.#pass.p,
      regressionP: this.#regression.p,
    };
  }

  /** Every D over all images that neither side rejects at level `alpha`: an interval at 1 − 2 alpha, in images. */
  interval(alpha: number): { low: number; high: number } {
    return { low: 0 - this.#highest(alpha, -1), high: this.#highest(alpha, 1) };
  }

  /** The highest sum of `sign` × outcome that is not rejected: p falls as the claimed sum rises. */
  #highest(alpha: number, sign: 1 | -1): number {
    const left = this.images - this.#seen;
    let kept = sign * this.#lost - left;
    let rejected = sign * this.#lost + left + 1;
    while (rejected - kept > 1) {
      const atLeast = Math.floor((kept + rejected) / 2);
      const wager = new Wager({ images: this.images, atLeast });
      for (const outcome of this.#outcomes.subarray(0, this.#seen)) {
        wager.add(sign * outcome);
      }
      if (wager.p <= alpha) {
        rejected = atLeast;
      } else {
        kept = atLeast;
      }
    }
    return kept;
  }
}

export interface EarlyVerdict extends EarlyReading {
  /** Null while the gate is open. */
  verdict: Decision | null;
  /** `regressionP` adjusted for the gates of the night by Holm. */
  adjustedRegressionP: number;
}

/**
 * The gates of the night after a shard: pass at `alpha` each, for all must pass; regression at `alpha` together.
 * A gate that has seen every image is decided by its counts.
 */
export function judgeEarly(gates: readonly EarlyGate[], alpha: number): EarlyVerdict[] {
  const readings = gates.map((gate) => gate.read());
  const adjusted = holm(readings.map(({ regressionP }) => regressionP));
  return readings.map((reading, index) => ({
    ...reading,
    adjustedRegressionP: adjusted[index],
    verdict: decideEarly(gates[index], { reading, adjusted: adjusted[index], alpha }),
  }));
}

function decideEarly(
  { images, marginImages, noise }: EarlyGate,
  { reading, adjusted, alpha }: { reading: EarlyReading; adjusted: number; alpha: number },
): Decision | null {
  const { seen, lostImages, passP } = reading;
  if (seen === images) {
    return decideManifest({ lostImages, noise, marginImages }).verdict;
  }
  if (passP <= alpha) {
    return 'pass';
  }
  return adjusted <= alpha ? 'regression' : null;
}
