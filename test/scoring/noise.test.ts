import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { z } from 'zod';
import { noiseBound } from '../../src/scoring/noise.ts';
import { readReference } from './reference.ts';

const night = { alpha: 0.05, gates: 28 };

test('the bound is t · √(s² + 1/12) · √2 of SciPy, rounded up to whole images', () => {
  const row = z.object({
    correct: z.array(z.number()),
    alpha: z.number(),
    gates: z.number(),
    bound: z.number(),
  });
  for (const { correct, alpha, gates, bound } of readReference('noise', row)) {
    const noise = noiseBound({ correct, identical: false }, { alpha, gates });
    assert.deepEqual(noise, { noise: Math.ceil(bound), calibration: 'repeated' });
  }
});

test('three identical restarts prove that there is no noise, two do not', () => {
  const identical = (runs: number) => ({ correct: Array<number>(runs).fill(7), identical: true });
  assert.deepEqual(noiseBound(identical(3), night), { noise: 0, calibration: 'identical' });
  assert.deepEqual(noiseBound(identical(2), night), { noise: 0, calibration: 'none' });
});

test('fewer than five differing runs do not calibrate', () => {
  const correct = [700, 705, 695, 702];
  assert.deepEqual(noiseBound({ correct, identical: false }, night), {
    noise: 0,
    calibration: 'none',
  });
  assert.deepEqual(noiseBound(null, night), { noise: 0, calibration: 'none' });
});

test('the bound grows with the number of gates and with the spread, and ignores the level', () => {
  const runs = fc.array(fc.integer({ min: 0, max: 1000 }), { minLength: 5, maxLength: 12 });
  fc.assert(
    fc.property(runs, fc.nat({ max: 40000 }), (correct, level) => {
      const bound = (values: number[], gates: number) =>
        noiseBound({ correct: values, identical: false }, { alpha: 0.05, gates }).noise;
      const one = bound(correct, 1);
      assert.ok(one >= 0 && bound(correct, 28) >= one);
      assert.ok(
        bound(
          correct.map((count) => 2 * count),
          1,
        ) >= one,
      );
      assert.ok(
        Math.abs(
          bound(
            correct.map((count) => count + level),
            1,
          ) - one,
        ) <= 1,
      );
    }),
  );
});
