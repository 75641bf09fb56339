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
import { binomialTail } from '../../src/scoring/distributions.ts';

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

test('early stop sees 9, 30 and 69% of the images at 0.1, 1 and 5% discordance without loss', () => {
  const shareOf = (discordant: number) =>
    earlyNights({
      ...early,
      manifest: { images: 50000, onlyBaseline: discordant / 2, onlyCandidate: discordant / 2 },
      marginImages: 100,
      shard: 500,
      trials: 30,
    }).share;
  for (const [discordant, share] of [
    [50, 0.09],
    [500, 0.3],
    [2500, 0.69],
  ]) {
    const seen = shareOf(discordant);
    assert.ok(Math.abs(seen - share) < 0.08, `${discordant} discordant: ${seen}`);
  }
});

test('a drop of 0.3 point at 1% discordance is found, one of 0.1 point at 10% seldom', () => {
  const found = (drop: number, discordant: number) =>
    populationNights(night, { difference: differ(drop, discordant), trials, seed }).proven / trials;
  assert.ok(found(0.003, 0.01) > 0.99);
  assert.ok(found(0.001, 0.1) < 0.3);
});
