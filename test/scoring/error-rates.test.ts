/** A short form of bench/simulate-verdicts.ts, with a fixed seed. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  differ,
  type EarlyNights,
  earlyNights,
  manifestNights,
  type Night,
  populationNights,
} from '../../bench/verdict-trials.ts';
import { binomialTail, normalCdf, upperNormalQuantile } from '../../src/scoring/distributions.ts';

const night: Night = { images: 50000, alpha: 0.05, margin: 0.002, gates: 1 };
const trials = 400;
const seed = 7;

/** Would a rate of alpha give so many hits at least once in a thousand such tests? */
function assertLevel(hits: number, about: string): void {
  const p = binomialTail(hits, { trials, probability: night.alpha });
  assert.ok(p > 0.001, `${about}: ${hits} of ${trials}`);
}

const early: EarlyNights = {
  manifest: { images: 4000, onlyBaseline: 30, onlyCandidate: 21 },
  alpha: 0.05,
  marginImages: 8,
  gates: 1,
  shard: 200,
  trials,
  seed,
};

test('for unseen images false alarms and false passes keep their level', () => {
  for (const gates of [1, 28]) {
    const { proven } = populationNights(
      { ...night, gates },
      { difference: differ(0, 0.01), trials, seed },
    );
    assertLevel(proven, `${gates} gates`);
  }
  for (const discordant of [0.002, 0.01, 0.1]) {
    const difference = differ(night.margin, discordant);
    const { verdicts } = populationNights(night, { difference, trials, seed });
    assertLevel(verdicts.pass, `${discordant}`);
    assert.ok(verdicts.pass > 0);
  }
});

test('on the manifest calibrated noise keeps both errors at their level', () => {
  for (const [gates, spread] of [1, 28].flatMap((each) => [0.3, 1, 20].map((s) => [each, s]))) {
    const draw = (lost: number) =>
      manifestNights({ ...night, gates }, { lost, spread, trials, seed });
    assertLevel(draw(100).regression, `${gates} gates, spread ${spread}, false alarms`);
    assertLevel(draw(101).pass, `${gates} gates, spread ${spread}, false passes`);
    assert.ok(spread < 20 || draw(101).pass > 0);
  }
});

test('early stop keeps its level when images come in random order', () => {
  assertLevel(earlyNights(early).pass, 'false passes');
  const margin = { images: 4000, onlyBaseline: 29, onlyCandidate: 21 };
  assertLevel(earlyNights({ ...early, manifest: margin }).regression, 'false alarms');
});

test('early stop fed class by class is wrong most of the time, so the order is part of the method', () => {
  const { pass } = earlyNights({ ...early, order: 'clustered', trials: 20 });
  assert.ok(pass >= 15, `${pass} of 20`);
});

test('early stop sees 8, 28 and 62% of the images at 0.1, 1 and 5% discordance without loss', () => {
  const shareOf = (discordant: number) =>
    earlyNights({
      ...early,
      manifest: { images: 50000, onlyBaseline: discordant / 2, onlyCandidate: discordant / 2 },
      marginImages: 100,
      shard: 500,
      trials: 60,
    }).share;
  // Four standard errors of the mean of 60 nights: single ones spread by 4, 15 and 25 points.
  for (const [discordant, share, error] of [
    [50, 0.081, 0.02],
    [500, 0.277, 0.077],
    [2500, 0.623, 0.13],
  ]) {
    const seen = shareOf(discordant);
    assert.ok(Math.abs(seen - share) < error, `${discordant} discordant: ${seen}`);
  }
});

const drops = [0.001, 0.003, 0.01];
const discordances = [0.01, 0.05, 0.1];
const cells = drops.flatMap((drop) => discordances.map((discordant) => [drop, discordant]));

/** Chance that one-sided McNemar at `alpha` proves the drop, by the normal distribution of b − c. */
function powerOf(drop: number, discordant: number): number {
  const { images, alpha } = night;
  const needed = upperNormalQuantile(alpha) * Math.sqrt(images * discordant) + 1;
  const spread = Math.sqrt(images * (discordant - drop ** 2));
  return normalCdf((images * drop - needed) / spread);
}

for (const [drop, discordant] of cells) {
  const about = `a drop of ${drop * 100} points at ${discordant * 100}% discordance`;

  test(`for unseen images ${about} is found as often as its power says`, () => {
    const difference = differ(drop, discordant);
    const { proven, verdicts } = populationNights(night, { difference, trials, seed });
    const power = powerOf(drop, discordant);
    const error = 4 * Math.sqrt((power * (1 - power)) / trials) + 0.02;
    assert.ok(Math.abs(proven / trials - power) < error, `${proven} of ${trials}, not ${power}`);
    // A loss beyond the margin passes no more often than alpha, one within it seldom fails to be told from it.
    if (drop > night.margin) assertLevel(verdicts.pass, 'false passes');
  });

  test(`on the manifest ${about} has the right verdict, with and without an early stop`, () => {
    const lost = Math.round(drop * night.images);
    const right = drop > night.margin ? 'regression' : 'pass';
    const whole = manifestNights(night, { lost, spread: 1, trials, seed });
    assert.ok(whole[right] > 0.95 * trials, `${JSON.stringify(whole)}`);
    const [images, few] = [10_000, 40];
    const half = (images * discordant) / 2;
    const stopped = earlyNights({
      ...early,
      manifest: {
        images,
        onlyBaseline: half + (images * drop) / 2,
        onlyCandidate: half - (images * drop) / 2,
      },
      marginImages: images * night.margin,
      shard: 500,
      trials: few,
    });
    const wrong = few - stopped[right];
    assert.ok(binomialTail(wrong, { trials: few, probability: night.alpha }) > 0.001, `${wrong}`);
    if (right === 'regression' && discordant === 0.01) assert.ok(stopped.share < 0.9);
  });
}
