import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { z } from 'zod';
import { mcnemarP } from '../../src/scoring/mcnemar.ts';
import { assertNear, readReference } from './reference.ts';

const discordant = fc.record({
  onlyBaselineRight: fc.nat({ max: 3000 }),
  onlyCandidateRight: fc.nat({ max: 3000 }),
});

test('the p-value agrees with whole-number binomial sums to nine digits', () => {
  const row = z.object({
    onlyBaselineRight: z.number(),
    onlyCandidateRight: z.number(),
    p: z.number(),
  });
  for (const reference of readReference('mcnemar', row)) {
    assertNear(mcnemarP(reference), reference.p, reference);
  }
});

test('twice the p-value is the exact conditional test that Fagerland, Lydersen and Laake (2013) print', () => {
  const airway = mcnemarP({ onlyBaselineRight: 7, onlyCandidateRight: 1 });
  const response = mcnemarP({ onlyBaselineRight: 16, onlyCandidateRight: 6 });
  assert.equal((2 * airway).toFixed(4), '0.0703');
  assert.equal((2 * response).toFixed(4), '0.0525');
});

test('the two sides sum to one and the chance of a draw', () => {
  fc.assert(
    fc.property(fc.nat({ max: 25 }), fc.nat({ max: 25 }), (b, c) => {
      const there = mcnemarP({ onlyBaselineRight: b, onlyCandidateRight: c });
      const back = mcnemarP({ onlyBaselineRight: c, onlyCandidateRight: b });
      let chance = 0.5 ** (b + c);
      for (let k = 1; k <= b; k += 1) {
        chance *= (c + k) / k;
      }
      assert.ok(Math.abs(there + back - 1 - chance) < 1e-12);
    }),
  );
});

test('one more image lost is never weaker evidence, one more gained never stronger', () => {
  fc.assert(
    fc.property(discordant, ({ onlyBaselineRight: b, onlyCandidateRight: c }) => {
      const p = mcnemarP({ onlyBaselineRight: b, onlyCandidateRight: c });
      const slack = 1e-12;
      assert.ok(p >= 0 && p <= 1);
      assert.ok(mcnemarP({ onlyBaselineRight: b + 1, onlyCandidateRight: c }) <= p + slack);
      assert.ok(mcnemarP({ onlyBaselineRight: b, onlyCandidateRight: c + 1 }) >= p - slack);
    }),
  );
});

test('without a lost image there is no evidence, and without a gained one each loss halves the p-value', () => {
  assert.equal(mcnemarP({ onlyBaselineRight: 0, onlyCandidateRight: 0 }), 1);
  assert.equal(mcnemarP({ onlyBaselineRight: 0, onlyCandidateRight: 9 }), 1);
  for (const b of [1, 2, 10, 50]) {
    assertNear(mcnemarP({ onlyBaselineRight: b, onlyCandidateRight: 0 }), 0.5 ** b, b);
  }
});
