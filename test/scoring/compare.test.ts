import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import {
  type CompareOptions,
  compareRuns,
  type ModelComparison,
  type ModelPair,
} from '../../src/scoring/compare.ts';
import { type Row, sideOf, twoRuns } from './sides.ts';

const options: CompareOptions = { estimand: 'manifest', margin: 0.002, alpha: 0.05 };

function pairOf(baseline: Row[], candidate: Row[], id = 'b0'): ModelPair {
  return {
    id,
    precision: 'fp32',
    baseline: sideOf(baseline),
    candidate: sideOf(candidate),
    calibration: null,
  };
}

/** Image i of class i mod 10; the first `wrong` are answered with the next class, which keeps the label second. */
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

function compared(pair: ModelPair, changes: Partial<CompareOptions> = {}): ModelComparison {
  const [model] = compareRuns([pair], { ...options, ...changes }).models;
  assert.ok('metrics' in model, JSON.stringify(model));
  return model;
}

const worse = pairOf(
  rowsOf(1000, (image) => image < 20),
  rowsOf(1000, (image) => image >= 10 && image < 50),
);

test('one model: the counts, the flips and the verdict of each metric', () => {
  const model = compared(worse);
  const { top1, top5 } = model.metrics;
  assert.deepEqual(
    [top1.images, top1.baseline, top1.candidate, top1.onlyBaselineRight, top1.onlyCandidateRight],
    [1000, 980, 960, 30, 10],
  );
  assert.deepEqual([top1.lostImages, top1.marginImages, top1.noise], [20, 2, 0]);
  assert.equal(top1.calibration, 'none');
  assert.equal(top1.verdict, 'regression');
  assert.deepEqual([top5.baseline, top5.candidate, top5.verdict], [1000, 1000, 'pass']);
  assert.equal(model.verdict, 'regression');
  assert.deepEqual(model.churn, { lost: 30, gained: 10, changed: 0 });
  assert.equal(model.flips.length, 40);
  assert.equal(model.agreement.images, 960);
  assert.equal(model.classes.classes, 10);
  assert.deepEqual(model.newConfusions[0], { label: 0, predicted: 1, baseline: 2, candidate: 4 });
  assert.equal(model.marginDrift.images, 1000);
});

test('noise from calibration opens what would be a regression', () => {
  const correct = [980, 984, 976, 981, 979];
  const top1 = { correct, identical: false };
  const calibration = { top1, top5: { correct: [1000, 1000, 1000], identical: true } };
  const { metrics } = compared({ ...worse, calibration });
  assert.equal(metrics.top1.calibration, 'repeated');
  assert.ok(metrics.top1.noise >= 10);
  assert.equal(metrics.top1.verdict, 'regression');
  const { metrics: milder } = compared({ ...worse, calibration }, { margin: 0.015 });
  assert.equal(milder.top1.verdict, 'inconclusive');
  assert.deepEqual([metrics.top5.noise, metrics.top5.calibration], [0, 'identical']);
});

test('the estimand is named, and only the population has a smallest detectable drop', () => {
  assert.equal(compareRuns([worse], options).estimand, 'manifest');
  assert.equal(compared(worse).metrics.top1.smallestDetectableDrop, null);
  const drop = compared(worse, { estimand: 'population' }).metrics.top1.smallestDetectableDrop;
  assert.ok(drop !== null && drop > 0.01 && drop < 0.02);
});

test('the order of the candidate is its own affair', () => {
  fc.assert(
    fc.property(twoRuns, fc.nat(), (rows, seed) => {
      const before = rows.map(({ from, ...row }) => ({ ...row, best: from }));
      const after = rows.map(({ to, ...row }) => ({ ...row, best: to }));
      const turn = seed % rows.length;
      const turned = [...after.slice(turn), ...after.slice(0, turn)].reverse();
      assert.deepEqual(
        compareRuns([pairOf(before, turned)], options),
        compareRuns([pairOf(before, after)], options),
      );
    }),
  );
});

test('exchanging the runs exchanges the counts and turns lost into gained', () => {
  fc.assert(
    fc.property(twoRuns, (rows) => {
      const before = rows.map(({ from, ...row }) => ({ ...row, best: from }));
      const after = rows.map(({ to, ...row }) => ({ ...row, best: to }));
      const there = compared(pairOf(before, after));
      const back = compared(pairOf(after, before));
      assert.equal(there.metrics.top1.lostImages + back.metrics.top1.lostImages, 0);
      assert.equal(there.metrics.top5.onlyBaselineRight, back.metrics.top5.onlyCandidateRight);
      assert.deepEqual(
        [there.churn.lost, there.churn.gained, there.churn.changed],
        [back.churn.gained, back.churn.lost, back.churn.changed],
      );
      assert.ok(Math.abs(there.marginDrift.lost + back.marginDrift.lost) < 1e-12);
    }),
  );
});

test('different images, labels or lengths are refused with their reasons', () => {
  const rows = rowsOf(5, () => false);
  const reasonsOf = (pair: ModelPair) => {
    const { verdict, models } = compareRuns([pair], options);
    assert.equal(verdict, 'invalid');
    assert.ok('reasons' in models[0]);
    return models[0].reasons;
  };
  assert.deepEqual(reasonsOf(pairOf(rows, rows.slice(1))), [
    '1 images are in the baseline only, the first of them 0.jpeg.',
  ]);
  assert.deepEqual(
    reasonsOf(pairOf(rows, [...rows.slice(0, 4), { ...rows[4], key: 'new.jpeg' }])),
    [
      '1 images are in the baseline only, the first of them 4.jpeg.',
      '1 images are in the candidate only, the first of them new.jpeg.',
    ],
  );
  assert.deepEqual(
    reasonsOf(
      pairOf(
        rows,
        rows.map((row) => ({ ...row, label: 9 })),
      ),
    ),
    ['Labels differ for 5 images: 0.jpeg has label 0 in the baseline, but 9 in the candidate.'],
  );
  assert.deepEqual(reasonsOf(pairOf([...rows, rows[0]], rows)), [
    'The baseline has 6 keys, but only 5 distinct ones.',
  ]);
  assert.deepEqual(reasonsOf(pairOf([], [])), [
    'The baseline has no images.',
    'The candidate has no images.',
  ]);
  const torn = pairOf(rows, rows);
  torn.candidate.predictions.ranks.pop();
  assert.deepEqual(reasonsOf(torn), [
    'The candidate has 5 keys, but its columns have 5, 5, 4, 5, 5 rows.',
  ]);
});

test('the worst model decides, refused ones first, and each keeps its own figures', () => {
  const same = pairOf(
    rowsOf(1000, () => false),
    rowsOf(1000, () => false),
    'b1',
  );
  const refused = pairOf(
    rowsOf(10, () => false),
    rowsOf(9, () => false),
    'b2',
  );
  const both = compareRuns([same, worse], options);
  assert.deepEqual(
    both.models.map(({ id, verdict }) => [id, verdict]),
    [
      ['b1', 'pass'],
      ['b0', 'regression'],
    ],
  );
  assert.equal(both.verdict, 'regression');
  const all = compareRuns([worse, refused, same], options);
  assert.equal(all.verdict, 'invalid');
  assert.deepEqual(
    all.models.map(({ id, verdict }) => [id, verdict]),
    [
      ['b0', 'regression'],
      ['b2', 'invalid'],
      ['b1', 'pass'],
    ],
  );
  assert.equal(compareRuns([], options).verdict, 'invalid');
});

test('the gates of all models share the error level', () => {
  const same = pairOf(
    rowsOf(1000, () => false),
    rowsOf(1000, () => false),
    'b1',
  );
  const population = { ...options, estimand: 'population' as const };
  const alone = compareRuns([worse], population).models[0] as ModelComparison;
  const beside = compareRuns([worse, same, same], population).models[0] as ModelComparison;
  const { pValue } = alone.metrics.top1;
  assert.equal(alone.metrics.top1.adjustedPValue, 2 * pValue);
  assert.equal(beside.metrics.top1.adjustedPValue, 6 * pValue);
});
