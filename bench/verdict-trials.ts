/** Nights drawn at random, judged by the code that judges real ones: how often verdicts are wrong, and what they cost. */
import { createRandom, type Random } from '../src/data/random.ts';
import { EarlyNight } from '../src/scoring/early-night.ts';
import { EarlyGate } from '../src/scoring/early-stop.ts';
import { noiseBound } from '../src/scoring/noise.ts';
import { marginInImages } from '../src/scoring/paired.ts';
import {
  decideManifest,
  type Gate,
  judgeGates,
  type Verdict,
  worstVerdict,
} from '../src/scoring/verdict.ts';

/** How two models differ: the share of images that only the baseline, and only the candidate, has right. */
export interface Difference {
  onlyBaseline: number;
  onlyCandidate: number;
}

/** `loss` and `discordant` are fractions of the images. */
export function differ(loss: number, discordant: number): Difference {
  return { onlyBaseline: (discordant + loss) / 2, onlyCandidate: (discordant - loss) / 2 };
}

export interface Night {
  images: number;
  alpha: number;
  margin: number;
  gates: number;
}

/** Draws from Bin(trials, probability) by its cumulative distribution, built once from the mode outwards. */
function binomial(trials: number, probability: number): (random: Random) => number {
  if (probability <= 0 || trials === 0) {
    return () => 0;
  }
  if (probability >= 1) {
    return () => trials;
  }
  const odds = probability / (1 - probability);
  const mode = Math.min(trials, Math.floor((trials + 1) * probability));
  const mass = new Float64Array(trials + 1);
  mass[mode] = 1;
  for (let k = mode; k < trials && mass[k] > 1e-30; k += 1) {
    mass[k + 1] = (mass[k] * odds * (trials - k)) / (k + 1);
  }
  for (let k = mode; k > 0 && mass[k] > 1e-30; k -= 1) {
    mass[k - 1] = (mass[k] * k) / (odds * (trials - k + 1));
  }
  const first = mass.findIndex((value) => value > 0);
  const cumulative: number[] = [];
  let total = 0;
  for (const value of mass.subarray(first).filter((one) => one > 0)) {
    total += value;
    cumulative.push(total);
  }
  return (random) => first + firstAbove(cumulative, random.next() * total);
}

function firstAbove(cumulative: readonly number[], mark: number): number {
  let [low, high] = [0, cumulative.length - 1];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (cumulative[middle] > mark) {
      high = middle;
    } else {
      low = middle + 1;
    }
  }
  return low;
}

/** Gates for images drawn afresh each time, N of them. */
export function populationGates({ images, margin }: Night, difference: Difference) {
  const { onlyBaseline, onlyCandidate } = difference;
  const discordant = onlyBaseline + onlyCandidate;
  const drawDiscordant = binomial(images, discordant);
  const splits = new Map<number, (random: Random) => number>();
  return (random: Random): Gate => {
    const count = drawDiscordant(random);
    const split = splits.get(count) ?? binomial(count, onlyBaseline / discordant);
    splits.set(count, split);
    const b = split(random);
    const c = count - b;
    return {
      images,
      baseline: b,
      candidate: c,
      onlyBaselineRight: b,
      onlyCandidateRight: c,
      margin,
      noise: 0,
    };
  };
}

/** What happened in `trials` nights of `gates` gates each, all alike. */
export interface PopulationOutcomes {
  trials: number;
  /** Nights with such a verdict of the night. */
  verdicts: Record<Verdict, number>;
  /** Nights on which a loss was proven of any gate, whether or not the verdict is regression. */
  proven: number;
}

export function populationNights(
  night: Night,
  { difference, trials, seed }: { difference: Difference; trials: number; seed: number },
): PopulationOutcomes {
  const random = createRandom(seed, 1);
  const draw = populationGates(night, difference);
  const outcomes = { trials, proven: 0, verdicts: zeroVerdicts() };
  for (let trial = 0; trial < trials; trial += 1) {
    const gates = Array.from({ length: night.gates }, () => draw(random));
    const judged = judgeGates(gates, { estimand: 'population', alpha: night.alpha });
    outcomes.verdicts[worstVerdict(judged.map(({ verdict }) => verdict))] += 1;
    outcomes.proven += Number(judged.some(({ adjustedPValue }) => adjustedPValue <= night.alpha));
  }
  return outcomes;
}

const zeroVerdicts = () => ({ pass: 0, inconclusive: 0, regression: 0, invalid: 0 });

/**
 * Nights on a fixed manifest with a machine that adds noise: five calibrating runs a gate, then one run of each side.
 * @param lost true loss in images, the same for every gate.
 * @param spread standard deviation of the right images of a run.
 * @returns nights on which any gate said so.
 */
export function manifestNights(
  { images, alpha, margin, gates }: Night,
  { lost, spread, trials, seed }: { lost: number; spread: number; trials: number; seed: number },
): { pass: number; regression: number } {
  const random = createRandom(seed, 2);
  const said = { pass: 0, regression: 0 };
  for (let trial = 0; trial < trials; trial += 1) {
    const verdicts = Array.from({ length: gates }, () => {
      // Where between two whole counts the mean lies matters when runs spread by less than one image.
      const mean = random.next();
      const run = () => Math.round(mean + spread * normal(random));
      const correct = Array.from({ length: 5 }, run);
      const { noise } = noiseBound({ correct, identical: false }, { alpha, gates });
      const lostImages = lost + run() - run();
      return decideManifest({ lostImages, noise, marginImages: marginInImages(margin, images) })
        .verdict;
    });
    said.pass += Number(verdicts.includes('pass'));
    said.regression += Number(verdicts.includes('regression'));
  }
  return said;
}

/** Box and Muller (1958). */
function normal(random: Random): number {
  const radius = Math.sqrt(-2 * Math.log(1 - random.next()));
  return radius * Math.cos(2 * Math.PI * random.next());
}

/** A fixed manifest: this many images of each kind among all. */
export interface Manifest {
  images: number;
  onlyBaseline: number;
  onlyCandidate: number;
}

export interface EarlyNights {
  manifest: Manifest;
  alpha: number;
  marginImages: number;
  gates: number;
  shard: number;
  trials: number;
  seed: number;
  /** `clustered`: all losses at the end, as when shards follow classes: what the method must not be fed. */
  order?: 'random' | 'clustered';
}

/** Nights that end once every gate is decided. `pass`, `regression`: nights on which any gate said so. */
export function earlyNights({ trials, seed, ...night }: EarlyNights): {
  pass: number;
  regression: number;
  /** Mean share of the images seen before the night ended. */
  share: number;
} {
  const random = createRandom(seed, 3);
  const said = { pass: 0, regression: 0, share: 0 };
  for (let trial = 0; trial < trials; trial += 1) {
    const { verdicts, seen } = earlyNight(night, random);
    said.pass += Number(verdicts.includes('pass'));
    said.regression += Number(verdicts.includes('regression'));
    said.share += seen / night.manifest.images / trials;
  }
  return said;
}

function earlyNight(
  { manifest, alpha, marginImages, gates, shard, order }: Omit<EarlyNights, 'trials' | 'seed'>,
  random: Random,
): { verdicts: (Verdict | null)[]; seen: number } {
  const { images } = manifest;
  const each = Array.from({ length: gates });
  const deals = each.map(() => dealer(manifest, { random, clustered: order === 'clustered' }));
  const night = new EarlyNight(
    each.map(() => new EarlyGate({ images, marginImages, noise: 0 })),
    alpha,
  );
  let seen = 0;
  while (!night.isDecided) {
    const next = Math.min(shard, images - seen);
    night.feed(deals.map((deal) => deal(next)));
    seen += next;
  }
  return { verdicts: night.verdicts.map(({ verdict }) => verdict), seen };
}

/** Hands out the outcomes of the manifest, each once. */
function dealer(
  { images, onlyBaseline, onlyCandidate }: Manifest,
  { random, clustered }: { random: Random; clustered: boolean },
): (count: number) => Int8Array {
  let [left, lost, gained] = [images, onlyBaseline, onlyCandidate];
  return (count) => {
    const outcomes = new Int8Array(count);
    for (let index = 0; index < count; index += 1) {
      const mark = clustered ? left - 1 : random.next() * left;
      left -= 1;
      if (mark < lost) {
        outcomes[index] = 1;
        lost -= 1;
      } else if (mark < lost + gained) {
        outcomes[index] = -1;
        gained -= 1;
      }
    }
    return outcomes;
  };
}
