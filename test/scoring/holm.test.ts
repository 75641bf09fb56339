import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { z } from 'zod';
import { benjaminiHochberg, holm } from '../../src/scoring/holm.ts';
import { assertNear, readReference } from './reference.ts';

const family = fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { maxLength: 9 });

/** The fifteen p-values of the trial of Neuhaus et al. that Benjamini and Hochberg (1995) work through. */
const trial = [
  0.0001, 0.0004, 0.0019, 0.0095, 0.0201, 0.0278, 0.0298, 0.0344, 0.0459, 0.324, 0.4262, 0.5719,
  0.6528, 0.759, 1,
];

test('both adjustments agree with statsmodels and SciPy, ties included', () => {
  const numbers = z.array(z.number());
  const row = z.object({ pValues: numbers, holm: numbers, benjaminiHochberg: numbers });
  for (const reference of readReference('families', row)) {
    for (const [name, adjust] of Object.entries({ holm, benjaminiHochberg })) {
      const got = adjust(reference.pValues);
      const want = reference[name as 'holm'];
      assert.equal(got.length, want.length);
      want.forEach((value, index) => {
        assertNear(got[index], value, { name, index });
      });
    }
  }
});

test('the worked example of Benjamini and Hochberg rejects three and four at 5%', () => {
  const rejected = (adjusted: number[]) => adjusted.filter((p) => p <= 0.05).length;
  assert.equal(rejected(holm(trial)), 3);
  assert.equal(rejected(benjaminiHochberg(trial)), 4);
});

test("Holm's value is the largest Bonferroni p-value of any subset with the test: the closed testing procedure", () => {
  fc.assert(
    fc.property(family, (pValues) => {
      const adjusted = holm(pValues);
      for (const test of pValues.keys()) {
        let worst = 0;
        for (let subset = 0; subset < 2 ** pValues.length; subset += 1) {
          const inside = pValues.filter((_, index) => subset & (1 << index));
          if (subset & (1 << test)) {
            worst = Math.max(worst, Math.min(1, inside.length * Math.min(...inside)));
          }
        }
        assert.ok(Math.abs(adjusted[test] - worst) < 1e-12);
      }
    }),
  );
});

test('adjusting keeps the order of the tests and raises none above one', () => {
  fc.assert(
    fc.property(family, (pValues) => {
      for (const adjust of [holm, benjaminiHochberg]) {
        const adjusted = adjust(pValues);
        for (const [one, p] of pValues.entries()) {
          assert.ok(adjusted[one] >= p && adjusted[one] <= 1);
          for (const [other, q] of pValues.entries()) {
            assert.ok(p > q || adjusted[one] <= adjusted[other]);
          }
        }
      }
    }),
  );
});

test('a single test is left as it is', () => {
  assert.deepEqual(holm([0.03]), [0.03]);
  assert.deepEqual(benjaminiHochberg([0.03]), [0.03]);
  assert.deepEqual(holm([]), []);
});
