import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { joinSides } from '../../src/scoring/join.ts';
import { type JudgeOptions, judgePairs, type NoiseBounds } from '../../src/scoring/judge-pairs.ts';
import { measurePair } from '../../src/scoring/measure-pair.ts';
import { type Row, sideOf, twoRuns } from './sides.ts';

const options: JudgeOptions = {
  estimand: 'manifest',
  margin: { top1: 0.002, top5: 0.002 },
  alpha: 0.05,
};

/** Image i of class i mod 10; a wrong one is answered with the next class, which keeps the label second. */
function rowsOf(images: number, wrong: (image: number) => boolean): Row[] {
  return Array.from({ length: images }, (_, image) => {
    const label = image % 10;
    const other = (label + 1) % 10;
    const order = wrong(image) ? [other, label] : [label, other];
    return {
      key: `${image}.jpeg`,
      label,
      best: [[order[0], 0.7] as [number, number], [order[1], 0.2]],
    };
  });
}

function measured(baseline: Row[], candidate: Row[], depth = 5) {
  const join = joinSides(sideOf(baseline), sideOf(candidate));
  assert.ok('columns' in join, JSON.stringify(join));
  return measurePair(join.columns, { depth });
}

function judged(
  pair: ReturnType<typeof measured>,
  { noise = null, ...changes }: Partial<JudgeOptions> & { noise?: NoiseBounds } = {},
) {
  const [{ metrics, verdict }] = judgePairs([{ ...pair, noise }], { ...options, ...changes });
  assert.ok(metrics.top5);
  return { verdict, top1: metrics.top1, top5: metrics.top5 };
}

const worse = measured(
  rowsOf(1000, (image) => image < 20),
  rowsOf(1000, (image) => image >= 10 && image < 50),
);
const same = measured(
  rowsOf(1000, () => false),
  rowsOf(1000, () => false),
);

test('one model: the counts, the churn and the verdict of each metric', () => {
  const { top1, top5, verdict } = judged(worse);
  assert.deepEqual(
    [top1.images, top1.baseline, top1.candidate, top1.onlyBaselineRight, top1.onlyCandidateRight],
    [1000, 980, 960, 30, 10],
  );
  assert.deepEqual([top1.lostImages, top1.marginImages, top1.noise], [20, 2, 0]);
  assert.deepEqual([top1.calibrated, top1.verdict], [false, 'regression']);
  assert.deepEqual([top5.baseline, top5.candidate, top5.verdict], [1000, 1000, 'pass']);
  assert.equal(verdict, 'regression');
  assert.deepEqual(worse.churn, { lost: 30, gained: 10, changed: 0 });
  assert.equal(worse.flips.length, 40);
  assert.equal(worse.agreement.images, 960);
  assert.equal(worse.classes.classes, 10);
  assert.deepEqual(worse.newConfusions[0], { label: 0, predicted: 1, baseline: 2, candidate: 4 });
  assert.equal(worse.marginDrift?.images, 1000);
});

test('calibrated noise opens what would be a regression', () => {
  const noise = { top1: 12, top5: 0 };
  const { top1, top5 } = judged(worse, { noise });
  assert.deepEqual([top1.noise, top1.calibrated, top1.verdict], [12, true, 'regression']);
  assert.deepEqual([top5.noise, top5.calibrated], [0, true]);
  const milder = judged(worse, { noise, margin: { top1: 0.015, top5: 0 } });
  assert.equal(milder.top1.verdict, 'inconclusive');
});

test('each metric has a margin of its own', () => {
  const { top1, top5 } = judged(worse, { margin: { top1: 0.05, top5: 0.001 } });
  assert.deepEqual([top1.marginImages, top5.marginImages], [50, 1]);
  assert.deepEqual([top1.verdict, top5.verdict], ['pass', 'pass']);
});

test('only the population has a smallest detectable drop', () => {
  assert.equal(judged(worse).top1.smallestDetectableDrop, null);
  const drop = judged(worse, { estimand: 'population' }).top1.smallestDetectableDrop;
  assert.ok(drop !== null && drop > 0.01 && drop < 0.02);
});

test('where a run knows fewer than five classes an image, there is no gate for top-5', () => {
  const shallow = measured(
    rowsOf(100, (image) => image < 20),
    rowsOf(100, () => false),
    1,
  );
  const [{ metrics, verdict }] = judgePairs([{ ...shallow, noise: null }], options);
  assert.equal(metrics.top5, null);
  assert.deepEqual([metrics.top1.lostImages, verdict], [-20, 'pass']);
  const population = { ...options, estimand: 'population' as const };
  const [first] = judgePairs([{ ...shallow, noise: null }], population);
  assert.equal(first.metrics.top1.adjustedPValue, first.metrics.top1.pValue);
});

test('exchanging the runs exchanges the counts and turns lost into gained', () => {
  fc.assert(
    fc.property(twoRuns, (rows) => {
      const before = rows.map(({ from, ...row }) => ({ ...row, best: from }));
      const after = rows.map(({ to, ...row }) => ({ ...row, best: to }));
      const [there, back] = [measured(before, after), measured(after, before)];
      assert.equal(judged(there).top1.lostImages + judged(back).top1.lostImages, 0);
      assert.equal(judged(there).top5.onlyBaselineRight, judged(back).top5.onlyCandidateRight);
      assert.deepEqual(
        [there.churn.lost, there.churn.gained, there.churn.changed],
        [back.churn.gained, back.churn.lost, back.churn.changed],
      );
      assert.ok(Math.abs(there.marginDrift!.lost + back.marginDrift!.lost) < 1e-12);
    }),
  );
});

test('the gates of all models share the error level, and each keeps its own figures', () => {
  const margin = { top1: 0.01, top5: 0.01 };
  const population = { ...options, margin, estimand: 'population' as const };
  const pair = (measurement: typeof worse) => ({ ...measurement, noise: null });
  const [alone] = judgePairs([pair(worse)], population);
  const three = judgePairs([pair(worse), pair(same), pair(same)], population);
  const { pValue } = alone.metrics.top1;
  assert.equal(alone.metrics.top1.adjustedPValue, 2 * pValue);
  assert.equal(three[0].metrics.top1.adjustedPValue, 6 * pValue);
  assert.deepEqual(
    three.map(({ verdict }) => verdict),
    ['regression', 'pass', 'pass'],
  );
  assert.deepEqual(judgePairs([], options), []);
});
