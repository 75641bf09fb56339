import assert from 'node:assert/strict';
import { test } from 'node:test';
import { openPace } from '../../src/cli/pace.ts';

test('the pace is measured from the last moment before the count moved', () => {
  const pace = openPace();
  assert.deepEqual(pace(0, { expected: 100, seconds: 0 }), { rate: 0, left: undefined });
  assert.deepEqual(pace(0, { expected: 100, seconds: 6 }), { rate: 0, left: undefined });
  assert.deepEqual(pace(20, { expected: 100, seconds: 8 }), { rate: 10, left: 8 });
});

test('what was done before the watching began does not count as speed', () => {
  const pace = openPace();
  pace(50, { expected: 100, seconds: 0 });
  assert.deepEqual(pace(60, { expected: 100, seconds: 2 }), { rate: 5, left: 8 });
});

test('a count that is at its end keeps its pace while others go on', () => {
  const pace = openPace();
  pace(0, { expected: 40, seconds: 0 });
  pace(20, { expected: 40, seconds: 1 });
  const end = pace(40, { expected: 40, seconds: 2 });
  assert.deepEqual(end, { rate: 20, left: 0 });
  assert.deepEqual(pace(40, { expected: 40, seconds: 9 }), end);
});
