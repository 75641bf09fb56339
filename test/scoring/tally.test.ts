import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { type ShardRecord, shardRecordSchema, type Tally } from '../../src/scoring/records.ts';
import { addTallies, checkTally, tallyOf, zeroTally } from '../../src/scoring/tally.ts';
import { answer, recordOf } from './answers.ts';

const answers = fc.array(answer, { minLength: 1, maxLength: 30 });
const whole = answers.map((list) => recordOf(list, { index: 0, start: 0, end: list.length }));
const tally = whole.map((record) => record.tally);

test('tallies add: in any grouping, in any order, with a zero', () => {
  fc.assert(
    fc.property(tally, tally, tally, (a, b, c) => {
      assert.deepEqual(addTallies(addTallies(a, b), c), addTallies(a, addTallies(b, c)));
      assert.deepEqual(addTallies(a, b), addTallies(b, a));
      assert.deepEqual(addTallies(a, zeroTally), a);
    }),
  );
});

test('every image is counted in exactly one state', () => {
  fc.assert(
    fc.property(whole, ({ tally: counts, predictions }) => {
      const { expected, scored, undecodable, missing, modelError, top1, top5 } = counts;
      assert.equal(expected, predictions.states.length);
      assert.equal(expected, scored + undecodable + missing + modelError);
      assert.ok(top1 <= top5 && top5 <= scored);
    }),
  );
});

test('a known set of predictions has the tally counted by hand', () => {
  const predictions = {
    states: ['scored', 'undecodable', 'scored', 'model-error', 'missing', 'scored', 'scored'],
    ranks: [1, 0, 5, 0, 0, 6, 1],
    classes: [],
    probabilities: [],
  } satisfies ShardRecord['predictions'];
  assert.deepEqual(tallyOf(predictions, 2), {
    expected: 7,
    scored: 4,
    top1: 2,
    top5: 3,
    ties: 2,
    undecodable: 1,
    missing: 1,
    modelError: 1,
  });
});

test('what the scoring room makes is a valid record that agrees with itself', () => {
  fc.assert(
    fc.property(whole, (record) => {
      assert.deepEqual(shardRecordSchema.parse(record), record);
      assert.equal(checkTally(record), null);
    }),
  );
});

test('any changed integer of a tally is found', () => {
  fc.assert(
    fc.property(
      whole,
      fc.constantFrom<keyof Tally>('expected', 'scored', 'top1', 'top5', 'missing', 'modelError'),
      (record, name) => {
        const changed = { ...record.tally, [name]: record.tally[name] + 1 };
        assert.match(checkTally({ ...record, tally: changed })!, new RegExp(`says ${name} = `));
      },
    ),
  );
});

test('columns that are too short, ranks of failed images and unlisted failures are found', () => {
  const record = recordOf([{ state: 'missing' }, { state: 'missing' }], {
    index: 3,
    start: 10,
    end: 12,
  });
  const { predictions, shard } = recordOf(
    [...Array(12).keys()].map(() => ({ state: 'missing' as const })),
    { index: 3, start: 10, end: 12 },
  );
  assert.match(
    checkTally({ ...record, shard, predictions: { ...predictions, ranks: [0] } })!,
    /Shard 3 covers 2 images, but its columns have 2, 1, 2, 2 rows/,
  );
  assert.match(
    checkTally({ ...record, shard, predictions: { ...predictions, ranks: [0, 4] } })!,
    /image 11 is missing, but gives it rank 4/,
  );
});
