import assert from 'node:assert/strict';
import { test } from 'node:test';
import { z } from 'zod';
import * as distributions from '../../src/scoring/distributions.ts';
import { assertNear, readReference } from './reference.ts';

const row = z.discriminatedUnion('of', [
  z.object({ of: z.literal('normalCdf'), args: z.tuple([z.number()]), is: z.number() }),
  z.object({ of: z.literal('upperNormalQuantile'), args: z.tuple([z.number()]), is: z.number() }),
  z.object({
    of: z.literal('upperTQuantile'),
    args: z.tuple([z.number(), z.number()]),
    is: z.number(),
  }),
  z.object({
    of: z.literal('binomialTail'),
    args: z.tuple([z.number(), z.object({ trials: z.number(), probability: z.number() })]),
    is: z.number(),
  }),
  z.object({
    of: z.literal('clopperPearsonUpper'),
    args: z.tuple([z.number(), z.object({ trials: z.number(), confidence: z.number() })]),
    is: z.number(),
  }),
]);

function answerOf(reference: z.infer<typeof row>): number {
  switch (reference.of) {
    case 'normalCdf':
      return distributions.normalCdf(...reference.args);
    case 'upperNormalQuantile':
      return distributions.upperNormalQuantile(...reference.args);
    case 'upperTQuantile':
      return distributions.upperTQuantile(...reference.args);
    case 'binomialTail':
      return distributions.binomialTail(...reference.args);
    case 'clopperPearsonUpper':
      return distributions.clopperPearsonUpper(...reference.args);
  }
}

test('every function agrees with SciPy, mpmath and whole-number sums to nine digits, far into the tails', () => {
  for (const reference of readReference('distributions', row)) {
    assertNear(answerOf(reference), reference.is, reference);
  }
});

test('quantiles round to the printed tables of Student and of the normal distribution', () => {
  const printed = [
    [0.05, 4, 2.132],
    [0.01, 4, 3.747],
    [0.025, 9, 2.262],
    [0.005, 30, 2.75],
    [0.05, 1, 6.314],
  ];
  for (const [tail, degrees, t] of printed) {
    assert.equal(Number(distributions.upperTQuantile(tail, degrees).toFixed(3)), t);
  }
  assert.equal(distributions.upperNormalQuantile(0.025).toFixed(3), '1.960');
  assert.equal(distributions.upperNormalQuantile(0.2).toFixed(4), '0.8416');
});

test('at its ends a distribution is 0 or 1', () => {
  assert.equal(distributions.normalCdf(Number.POSITIVE_INFINITY), 1);
  assert.equal(distributions.normalCdf(Number.NEGATIVE_INFINITY), 0);
  assert.equal(distributions.binomialTail(0, { trials: 0, probability: 0.5 }), 1);
  assert.equal(distributions.binomialTail(4, { trials: 3, probability: 0.5 }), 0);
  assert.equal(distributions.clopperPearsonUpper(3, { trials: 3, confidence: 0.99 }), 1);
});
