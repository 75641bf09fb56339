import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { mergeShards } from '../../src/scoring/merge.ts';
import type { Conditions, ShardRecord } from '../../src/scoring/records.ts';
import { answer, recordOf, recordsOf } from './answers.ts';

const answers = fc.array(answer, { minLength: 1, maxLength: 40 });
const split = answers.chain((list) =>
  fc.record({
    list: fc.constant(list),
    cuts: fc.array(fc.nat({ max: list.length }), { maxLength: 6 }),
    seed: fc.nat(),
  }),
);

/** Any order, decided by the seed. */
function shuffle(records: ShardRecord[], seed: number): ShardRecord[] {
  return records
    .map((record, index) => ({ record, key: ((index + 1) * (seed + 7919)) % 104729 }))
    .sort((a, b) => a.key - b.key)
    .map(({ record }) => record);
}

function bytesOf(records: ShardRecord[], images: number): string {
  const outcome = mergeShards(records, images);
  assert.ok('merged' in outcome, JSON.stringify(outcome));
  const { conditions, tally, predictions, failures } = outcome.merged;
  return JSON.stringify({ conditions, tally, predictions, failures });
}

function reasonsOf(records: ShardRecord[], images: number): string[] {
  const outcome = mergeShards(records, images);
  assert.ok('reasons' in outcome);
  assert.ok(outcome.reasons.every((reason) => /^[A-Z].*\.$/.test(reason)));
  return outcome.reasons;
}

test('any split of the manifest, in any order of completion, merges to the same bytes', () => {
  fc.assert(
    fc.property(split, ({ list, cuts, seed }) => {
      const whole = bytesOf(recordsOf(list, []), list.length);
      const parts = shuffle(recordsOf(list, cuts), seed);
      assert.equal(bytesOf(parts, list.length), whole);
    }),
  );
});

test('timings are summed over the shards', () => {
  const list = Array(6).fill({ reason: 'NaN' });
  const outcome = mergeShards(recordsOf(list, [2, 4]), 6);
  assert.ok('merged' in outcome);
  assert.deepEqual(outcome.merged.timings, { wallMs: 12, readMs: 3, pixelsMs: 3, inferMs: 6 });
});

test('leaving out any shard is refused as a gap', () => {
  fc.assert(
    fc.property(split, fc.nat(), ({ list, cuts }, which) => {
      const parts = recordsOf(list, cuts);
      parts.splice(which % parts.length, 1);
      assert.ok(reasonsOf(parts, list.length).some((reason) => /^No record covers/.test(reason)));
    }),
  );
});

test('giving any shard twice is refused as a duplicate', () => {
  fc.assert(
    fc.property(split, fc.nat(), ({ list, cuts }, which) => {
      const parts = recordsOf(list, cuts);
      const twice = [...parts, parts[which % parts.length]];
      assert.deepEqual(
        reasonsOf(twice, list.length).map((reason) => /^There are two records/.test(reason)),
        [true],
      );
    }),
  );
});

const ten = Array(10).fill({ reason: 'NaN' });
const range = (index: number, start: number, end: number) =>
  recordOf(ten.concat(ten), { index, start, end });

test('gaps, overlaps and ranges beyond the manifest are named with their images', () => {
  assert.deepEqual(reasonsOf([range(0, 0, 4), range(2, 5, 9)], 10), [
    'No record covers image 4 of the manifest.',
    'No record covers image 9 of the manifest.',
  ]);
  assert.deepEqual(reasonsOf([range(0, 0, 6), range(1, 4, 10)], 10), [
    'Shard 1, images 4 to 9, overlaps shard 0, which ends at image 5.',
  ]);
  assert.deepEqual(reasonsOf([range(0, 0, 10), range(1, 4, 6)], 10), [
    'Shard 1, images 4 to 5, overlaps shard 0, which ends at image 9.',
  ]);
  assert.deepEqual(reasonsOf([range(0, 0, 12)], 10), [
    'Shards reach image 11, but the manifest ends at image 9.',
  ]);
  assert.deepEqual(reasonsOf([], 10), ['No record covers images 0 to 9 of the manifest.']);
  assert.deepEqual(reasonsOf([], 0), ['The manifest has no images.']);
});

test('every condition must be equal', () => {
  const first = range(0, 0, 5);
  const second = range(1, 5, 10);
  const other: { [Name in keyof Conditions]: Conditions[Name] } = {
    artifact: 'b'.repeat(64),
    recipe: 'b'.repeat(64),
    dataset: 'b'.repeat(64),
    classOffset: 1,
    precision: 'fp16',
    normalisation: 'host',
    provider: 'cuda',
    arithmetic: 'tf32',
    batch: 16,
    runtime: 'onnxruntime-node 1.31.0',
    decoder: 'sharp 0.36.0',
    topfive: '0.2.0',
  };
  assert.deepEqual(Object.keys(other).sort(), Object.keys(first.conditions).sort());
  for (const name of Object.keys(other) as (keyof Conditions)[]) {
    const conditions = { ...second.conditions, [name]: other[name] };
    assert.deepEqual(reasonsOf([first, { ...second, conditions }], 10), [
      `Shard 1 was computed with ${name} ${other[name]}, but shard 0 with ${first.conditions[name]}.`,
    ]);
  }
});

test('records of two models, and a record that contradicts itself, are refused', () => {
  const first = range(0, 0, 5);
  const second = range(1, 5, 10);
  assert.deepEqual(reasonsOf([first, { ...second, model: 'other' }], 10), [
    'Shard 1 is a record of other, not of model.',
  ]);
  const tally = { ...second.tally, top1: 3 };
  assert.deepEqual(reasonsOf([first, { ...second, tally }], 10), [
    'Shard 1 says top1 = 3, but its predictions count 0.',
  ]);
});
