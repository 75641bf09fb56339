/** Seeded random numbers: the same on every machine, one stream a name. */

export interface Random {
  /** Uniform in [0, 1). */
  next(): number;
  /** Uniform in [low, high). */
  between(low: number, high: number): number;
  /** Uniform integer in [0, count). */
  below(count: number): number;
}

/** sfc32 (Chris Doty-Humphrey, PractRand), seeded from numbers that name the stream. */
export function createRandom(...name: readonly number[]): Random {
  let [a, b, c, counter] = seedOf(name);
  const next = () => {
    const sum = (a + b + counter) | 0;
    counter = (counter + 1) | 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) | 0;
    c = (((c << 21) | (c >>> 11)) + sum) | 0;
    return (sum >>> 0) / 2 ** 32;
  };
  for (let round = 0; round < 12; round += 1) {
    next();
  }
  return {
    next,
    between: (low, high) => low + (high - low) * next(),
    below: (count) => Math.floor(next() * count),
  };
}

/** Four words that depend on every number, by the finaliser of MurmurHash3. */
function seedOf(name: readonly number[]): [number, number, number, number] {
  let state = 0x9e3779b9;
  const mix = (value: number) => {
    state = Math.imul(state ^ value, 0x85ebca6b);
    state = Math.imul(state ^ (state >>> 13), 0xc2b2ae35);
    state ^= state >>> 16;
    return state;
  };
  for (const value of name) {
    mix(value | 0);
    mix(Math.floor(value / 2 ** 32));
  }
  return [mix(1), mix(2), mix(3), 1];
}

/** 0 … count - 1 in random order (Fisher and Yates). */
export function permutation(count: number, random: Random): number[] {
  const order = Array.from({ length: count }, (_, index) => index);
  for (let last = count - 1; last > 0; last -= 1) {
    const other = random.below(last + 1);
    [order[last], order[other]] = [order[other], order[last]];
  }
  return order;
}
