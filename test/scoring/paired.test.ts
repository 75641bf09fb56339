import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import {
  lostImages,
  marginInImages,
  outcomesOf,
  pairedCounts,
  rightWithin,
} from '../../src/scoring/paired.ts';
import { answer, recordOf } from './answers.ts';

const pairs = fc.array(fc.tuple(fc.boolean(), fc.boolean()), { maxLength: 60 });
const split = (rows: [boolean, boolean][]) =>
  [rows.map(([before]) => before), rows.map(([, after]) => after)] as const;

test('the loss is what one side has right minus what the other has, image by image', () => {
  fc.assert(
    fc.property(pairs, (rows) => {
      const [before, after] = split(rows);
      const counts = pairedCounts(before, after);
      assert.equal(counts.baseline - counts.candidate, lostImages(counts));
      const outcomes = outcomesOf(before, after);
      assert.equal(
        outcomes.reduce((sum, outcome) => sum + outcome, 0),
        lostImages(counts),
      );
      assert.equal(counts.images, rows.length);
      const swapped = pairedCounts(after, before);
      assert.equal(swapped.onlyBaselineRight, counts.onlyCandidateRight);
      assert.equal(lostImages(swapped) + lostImages(counts), 0);
    }),
  );
});

test('as many images are right as the tally counts', () => {
  const whole = fc
    .array(answer, { minLength: 1, maxLength: 40 })
    .map((list) => recordOf(list, { index: 0, start: 0, end: list.length }));
  fc.assert(
    fc.property(whole, ({ predictions, tally }) => {
      assert.equal(rightWithin(predictions, 1).filter(Boolean).length, tally.top1);
      assert.equal(rightWithin(predictions, 5).filter(Boolean).length, tally.top5);
    }),
  );
});

test('a margin in hundredths of a percent is a whole number of images where decimals say so', () => {
  assert.equal(marginInImages(0.002, 50000), 100);
  assert.equal(marginInImages(0.0029, 10000), 29);
  assert.equal(marginInImages(0.002, 50499), 100);
  assert.equal(marginInImages(0, 50000), 0);
  for (let hundredths = 0; hundredths <= 1000; hundredths += 1) {
    assert.equal(marginInImages(hundredths / 10000, 10000), hundredths);
  }
});
