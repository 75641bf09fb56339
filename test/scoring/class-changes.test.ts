import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { newConfusions, scanClasses } from '../../src/scoring/class-changes.ts';
import { pairedCounts, rightWithin } from '../../src/scoring/paired.ts';
import { columnsOf, twoRuns } from './sides.ts';

const answer = (one: number): [number, number][] => [[one, 1]];

/** `times` images of a label that went from one best class to another. */
function images(times: number, label: number, [from, to]: [number, number]) {
  return Array.from({ length: times }, (_, index) => ({
    key: `${label}-${from}-${to}-${index}`,
    label,
    from: answer(from),
    to: answer(to),
  }));
}

test('a class that lost stands first, adjusted for every class of the labels', () => {
  const scan = scanClasses(
    columnsOf([
      ...images(20, 0, [0, 0]),
      ...images(1, 1, [1, 2]),
      ...images(10, 2, [2, 4]),
      ...images(3, 3, [0, 3]),
    ]),
  );
  assert.equal(scan.classes, 4);
  assert.deepEqual(
    scan.changes.map(({ label, images: count, pValue }) => [label, count, pValue]),
    [
      [2, 10, 0.5 ** 10],
      [1, 1, 0.5],
      [3, 3, 1],
    ],
  );
  assert.equal(scan.changes[0].adjustedPValue, 4 * 0.5 ** 10);
  assert.equal(scan.changes[1].adjustedPValue, 1);
});

test('the classes sum to the discordant images of the whole', () => {
  fc.assert(
    fc.property(twoRuns, (rows) => {
      const columns = columnsOf(rows);
      const { changes } = scanClasses(columns);
      const whole = pairedCounts(
        rightWithin(columns.baseline, 1),
        rightWithin(columns.candidate, 1),
      );
      for (const side of ['onlyBaselineRight', 'onlyCandidateRight'] as const) {
        assert.equal(
          changes.reduce((sum, change) => sum + change[side], 0),
          whole[side],
        );
      }
    }),
  );
});

test('new confusions are those that grew, the most grown first', () => {
  const columns = columnsOf([
    ...images(4, 0, [1, 1]),
    ...images(2, 0, [0, 1]),
    ...images(3, 2, [2, 5]),
    ...images(9, 3, [4, 3]),
  ]);
  const expected = [
    { label: 2, predicted: 5, baseline: 0, candidate: 3 },
    { label: 0, predicted: 1, baseline: 4, candidate: 6 },
  ];
  assert.deepEqual(newConfusions(columns, 20), expected);
  assert.deepEqual(newConfusions(columns, 1), expected.slice(0, 1));
});
