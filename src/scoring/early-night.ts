/** All gates of one night under early stop, fed shard by shard in the planned order until each is decided. */
import { type EarlyGate, type EarlyVerdict, judgeEarly } from './early-stop.ts';
import type { Decision } from './verdict.ts';

export class EarlyNight {
  readonly #gates: readonly EarlyGate[];
  readonly #alpha: number;
  readonly #decided: (Decision | null)[];
  #verdicts: EarlyVerdict[];

  constructor(gates: readonly EarlyGate[], alpha: number) {
    this.#gates = gates;
    this.#alpha = alpha;
    this.#decided = gates.map(() => null);
    this.#verdicts = judgeEarly(gates, alpha);
  }

  /** One whole shard, next in the planned order: the outcomes of each gate. */
  feed(outcomes: readonly Int8Array[]): void {
    for (const [index, gate] of this.#gates.entries()) gate.feed(outcomes[index]);
    this.#verdicts = judgeEarly(this.#gates, this.#alpha);
    for (const [index, { verdict }] of this.#verdicts.entries()) this.#decided[index] ??= verdict;
  }

  /** True once every gate has a verdict: what is left cannot change the night. */
  get isDecided(): boolean {
    return this.#decided.every((verdict) => verdict !== null);
  }

  /** A gate's first verdict stays, until every image is seen: then its counts decide. */
  get verdicts(): EarlyVerdict[] {
    return this.#verdicts.map((one, index) => ({
      ...one,
      verdict: one.seen === this.#gates[index].images ? one.verdict : this.#decided[index],
    }));
  }

  /** The loss of each gate over all images, in images, at 1 − 2 alpha. */
  intervals(): { low: number; high: number }[] {
    return this.#gates.map((gate) => gate.interval(this.#alpha));
  }
}
