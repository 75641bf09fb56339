import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  asPublished,
  bytes,
  counted,
  duration,
  instant,
  inUnits,
  prefixed,
  publishedPercent,
  signedFraction,
  signedPoints,
} from '../../src/report/numbers.ts';

test('a difference has a sign, and none when it rounds to nothing', () => {
  assert.deepEqual([0.00124, -0.00126, -0.00001, 0].map(signedFraction), [
    '+0.0012',
    '-0.0013',
    '0.0000',
    '0.0000',
  ]);
  assert.deepEqual([0.0012, -0.00001].map(signedPoints), ['+0.12', '0.00']);
});

test('a published figure keeps the digits it was published with', () => {
  assert.deepEqual(
    [0.85, 0.7738, 1].map((value) => asPublished(value)),
    ['0.850', '0.7738', '1.000'],
  );
  assert.deepEqual(
    [0.85, 0.7738, 0.826].map((value) => publishedPercent(value)),
    ['85.0%', '77.38%', '82.6%'],
  );
  assert.deepEqual([asPublished(0.84, 4), publishedPercent(0.84, 4)], ['0.8400', '84.00%']);
});

test('counts, sizes and times read as a person writes them', () => {
  assert.deepEqual(
    [counted(1, 'image'), counted(50_000, 'image'), counted(10, 'class')],
    ['1 image', '50,000 images', '10 classes'],
  );
  assert.deepEqual([999, 21_167_432].map(bytes), ['999 bytes', '21.17 MB']);
  assert.deepEqual([0.4321, 59.94, 2861.318, 12_000].map(duration), [
    '0.43 s',
    '59.9 s',
    '47 min 41 s',
    '3 h 20 min',
  ]);
  assert.deepEqual([0, 2410, 5_288_548, 626.9e9].map(prefixed), [
    '0',
    '2.410 k',
    '5.289 M',
    '626.9 G',
  ]);
  assert.deepEqual(
    [
      [5_288_548, 1e6],
      [2410, 1e6],
      [0, 1e9],
    ].map(([n, unit]) => inUnits(n, unit)),
    ['5.289', '0.00241', '0.000'],
  );
});

test('an instant loses its seconds; another text stays', () => {
  assert.equal(instant('2026-08-23T05:02:41.318Z'), '2026-08-23 05:02 UTC');
  assert.equal(instant('yesterday'), 'yesterday');
});
