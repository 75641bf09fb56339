/** Verdicts: what the gates of one night say, under either estimand, and what they could have seen. */
import { TopfiveError } from '../errors.ts';
import { upperNormalQuantile } from './distributions.ts';
import { holm } from './holm.ts';
import { mcnemarP } from './mcnemar.ts';
import { lostImages, marginInImages, type PairedCounts } from './paired.ts';
import { nonInferiorityP, tangoInterval } from './tango.ts';

/** From best to worst. */
const verdicts = ['pass', 'inconclusive', 'regression', 'invalid'] as const;
export type Verdict = (typeof verdicts)[number];
/** What a gate can say of two runs that may be compared. */
export type Decision = Exclude<Verdict, 'invalid'>;

/**
 * What a verdict is about. `manifest`: these images are all there are, so the counts are exact and only the machine
 * is in doubt. `population`: images not seen, drawn like these.
 */
export type Estimand = 'manifest' | 'population';

/** One metric of one model, compared on one night. */
export interface Gate extends PairedCounts {
  /** Loss that is accepted, a fraction of the images. */
  margin: number;
  /** W: images by which two runs differ by the machine alone. */
  noise: number;
}

/** `pValue`, `low` and `high` describe unseen images; under `manifest` they decide nothing. */
export interface GateVerdict {
  verdict: Decision;
  /** One sentence for a person. */
  explanation: string;
  /** D = onlyBaselineRight - onlyCandidateRight; negative for a gain. */
  lostImages: number;
  /** M = ⌊margin × images⌋. */
  marginImages: number;
  /** One-sided exact McNemar. */
  pValue: number;
  /** `pValue` adjusted for the gates of the night by Holm; decides under `population`. */
  adjustedPValue: number;
  /** That a loss of the margin or more looks so good; decides under `population`, not adjusted. */
  marginPValue: number;
  /** Tango's interval of the loss, a fraction of the images, at 1 − 2 alpha. */
  low: number;
  high: number;
}

/**
 * The gates of one night, together, for they share `alpha`.
 * @returns in the order of `gates`.
 */
export function judgeGates(
  gates: readonly Gate[],
  { estimand, alpha }: { estimand: Estimand; alpha: number },
): GateVerdict[] {
  const pValues = gates.map(mcnemarP);
  const adjusted = holm(pValues);
  return gates.map((gate, index) => {
    const figures = {
      lostImages: lostImages(gate),
      marginImages: marginInImages(gate.margin, gate.images),
      pValue: pValues[index],
      adjustedPValue: adjusted[index],
      marginPValue: nonInferiorityP(gate, gate.margin),
      ...tangoInterval(gate, alpha),
    };
    const decided =
      estimand === 'manifest'
        ? decideManifest({ ...figures, noise: gate.noise })
        : decidePopulation(figures, alpha);
    return { ...decided, ...figures };
  });
}

type Decided = Pick<GateVerdict, 'verdict' | 'explanation'>;

/** Pass if D + W ≤ M, regression if D − W > M, else inconclusive. */
export function decideManifest({
  lostImages: D,
  noise: W,
  marginImages: M,
}: Pick<GateVerdict, 'lostImages' | 'marginImages'> & Pick<Gate, 'noise'>): Decided {
  const bounds = `give or take ${W} by noise; the margin is ${M}`;
  if (D + W <= M) {
    return { verdict: 'pass', explanation: `${tellChange(D)}, ${bounds}.` };
  }
  if (D - W > M) {
    return { verdict: 'regression', explanation: `${tellChange(D)}, ${bounds}.` };
  }
  return {
    verdict: 'inconclusive',
    explanation: `${tellChange(D)}, ${bounds}: repeat the run and average.`,
  };
}

function decidePopulation(
  { lostImages: D, adjustedPValue, marginPValue }: Omit<GateVerdict, keyof Decided>,
  alpha: number,
): Decided {
  const proven = adjustedPValue <= alpha;
  const loss = `a loss is proven for unseen images (p = ${tellP(adjustedPValue)})`;
  if (marginPValue <= alpha) {
    const small = proven ? `; ${loss}, but a small one` : '';
    const within = `a loss of the margin is ruled out for unseen images (p = ${tellP(marginPValue)})`;
    return { verdict: 'pass', explanation: `${tellChange(D)}; ${within}${small}.` };
  }
  if (proven) {
    return { verdict: 'regression', explanation: `${tellChange(D)}; ${loss}.` };
  }
  return {
    verdict: 'inconclusive',
    explanation: `${tellChange(D)}; for unseen images neither a loss is proven (p = ${tellP(adjustedPValue)}) nor a loss of the margin ruled out (p = ${tellP(marginPValue)}).`,
  };
}

function tellChange(lost: number): string {
  if (lost === 0) {
    return 'As many images are right as in the baseline';
  }
  const count = Math.abs(lost);
  const images = count === 1 ? 'image is' : 'images are';
  return `${count} ${lost > 0 ? 'fewer' : 'more'} ${images} right than in the baseline`;
}

const tellP = (p: number) => p.toPrecision(2);

/** The worst of them, in the order invalid, regression, inconclusive, pass; invalid when there is none. */
export function worstVerdict(all: readonly Verdict[]): Verdict {
  return verdicts[Math.max(...all.map((verdict) => verdicts.indexOf(verdict)))] ?? 'invalid';
}

/**
 * The drop, a fraction, that `population` finds with 80% power: (z(1 − α/k) + z(0.8)) · √(ψ/N), where ψ is the share
 * of images that only one run has right. For planning only, not after the fact (Hoenig & Heisey 2001).
 */
export function smallestDetectableDrop({
  images,
  discordant,
  alpha,
  gates,
}: {
  images: number;
  /** ψ, a fraction. */
  discordant: number;
  alpha: number;
  gates: number;
}): number {
  const z = upperNormalQuantile(alpha / gates) + upperNormalQuantile(0.2);
  return z * Math.sqrt(discordant / images);
}

/** The error level of a night at which the expected false alarms of a year are `alarms`. */
export function alphaForAlarms(alarms: number, nightsPerYear = 365): number {
  const alpha = alarms / nightsPerYear;
  if (!(alpha > 0 && alpha < 0.5)) {
    throw new TopfiveError(
      'usage',
      `Expected more than 0 and fewer than ${nightsPerYear / 2} false alarms a year of ${nightsPerYear} nights, but got ${alarms}: choose a number between, such as 1.`,
    );
  }
  return alpha;
}
