import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { joinSides, tellCoverage } from '../../src/scoring/join.ts';
import { columnsOf, type Row, sideOf, twoRuns } from './sides.ts';

const rows: Row[] = [0, 1, 2, 3, 4].map((label) => ({
  key: `${label}.jpeg`,
  label,
  best: [[label, 0.7]],
}));

const reasonsOf = (...sides: Parameters<typeof joinSides>) => {
  const join = joinSides(...sides);
  assert.ok('reasons' in join);
  return join.reasons;
};

test('the order of the candidate is its own affair', () => {
  fc.assert(
    fc.property(twoRuns, fc.nat(), (both, seed) => {
      const before = both.map(({ from, ...row }) => ({ ...row, best: from }));
      const after = both.map(({ to, ...row }) => ({ ...row, best: to }));
      const turn = seed % both.length;
      const turned = [...after.slice(turn), ...after.slice(0, turn)].reverse();
      assert.deepEqual(
        joinSides(sideOf(before), sideOf(turned)),
        joinSides(sideOf(before), sideOf(after)),
      );
    }),
  );
});

test('a side without probabilities joins as well', () => {
  const side = sideOf(rows);
  const bare = { ...side, predictions: { ...side.predictions, probabilities: [] } };
  const join = joinSides(bare, sideOf([...rows].reverse()));
  assert.ok('columns' in join);
  assert.deepEqual(join.columns.candidate, side.predictions);
});

test('different images, labels or lengths are refused with their reasons', () => {
  const side = sideOf(rows);
  assert.deepEqual(reasonsOf(side, sideOf(rows.slice(1))), [
    '1 image is in the baseline only: 0.jpeg.',
  ]);
  assert.deepEqual(reasonsOf(sideOf(rows.slice(3)), side), [
    '3 images are in the candidate only, the first of them 0.jpeg.',
  ]);
  const other = sideOf([...rows.slice(0, 4), { ...rows[4], key: 'new.jpeg' }]);
  assert.deepEqual(reasonsOf(side, other), [
    '1 image is in the baseline only: 4.jpeg.',
    '1 image is in the candidate only: new.jpeg.',
  ]);
  const relabelled = sideOf(rows.map((row) => ({ ...row, label: 9 })));
  assert.deepEqual(reasonsOf(side, relabelled), [
    'Labels differ for 5 images: 0.jpeg has label 0 in the baseline, but 9 in the candidate. The answers are the same for 100.0% of the images.',
  ]);
  assert.deepEqual(reasonsOf(sideOf([...rows, rows[0]]), side), [
    'The baseline has 6 keys, but only 5 distinct ones.',
  ]);
  assert.deepEqual(reasonsOf(sideOf([]), sideOf([])), [
    'The baseline has no images.',
    'The candidate has no images.',
  ]);
  const torn = sideOf(rows);
  torn.predictions.ranks.pop();
  assert.deepEqual(reasonsOf(side, torn), [
    'The candidate has 5 keys, but its columns have 5, 5, 4, 5, 5 rows.',
  ]);
});

test('coverage differs where only one of the runs has an answer', () => {
  const pair = (key: string, from: Row['best'], to: Row['best']) => ({ key, label: 0, from, to });
  const best: Row['best'] = [[0, 1]];
  const kept = [pair('a', best, best), pair('b', 'undecodable', 'undecodable')];
  assert.equal(tellCoverage(columnsOf(kept)), null);
  assert.equal(
    tellCoverage(columnsOf([...kept, pair('c', best, 'undecodable')])),
    'Coverage differs for 1 image: c is scored in the baseline, but undecodable in the candidate.',
  );
});
