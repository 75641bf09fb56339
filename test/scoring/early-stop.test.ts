import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { z } from 'zod';
import { EarlyGate, judgeEarly } from '../../src/scoring/early-stop.ts';
import { assertNear, readReference } from './reference.ts';

const outcome = fc.constantFrom(0, 0, 0, 1, -1);
const night = fc.record({
  outcomes: fc.array(outcome, { minLength: 2, maxLength: 120 }),
  marginImages: fc.nat({ max: 8 }),
  noise: fc.nat({ max: 3 }),
  cut: fc.double({ min: 0, max: 1, noNaN: true }),
});

function gateOf({ outcomes, marginImages, noise }: Omit<GateInput, 'cut'>, seen: number) {
  const gate = new EarlyGate({ images: outcomes.length, marginImages, noise });
  gate.feed(outcomes.slice(0, seen));
  return gate;
}

interface GateInput {
  outcomes: number[];
  marginImages: number;
  noise: number;
  cut: number;
}

const sum = (values: number[]) => values.reduce((total, value) => total + value, 0);

test('p-values and intervals agree with a martingale in fractions that tries every total', () => {
  const row = z.object({
    images: z.number(),
    marginImages: z.number(),
    noise: z.number(),
    alpha: z.number(),
    outcomes: z.array(z.number()),
    looks: z.array(
      z.object({
        seen: z.number(),
        passP: z.number(),
        regressionP: z.number(),
        interval: z.tuple([z.number(), z.number()]),
      }),
    ),
  });
  for (const { alpha, looks, ...rest } of readReference('early-stop', row)) {
    for (const { seen, passP, regressionP, interval } of looks) {
      const gate = gateOf(rest, seen);
      const reading = gate.read();
      assertNear(reading.passP, passP, { seen, ...rest });
      assertNear(reading.regressionP, regressionP, { seen, ...rest });
      assert.deepEqual(
        Object.values(gate.interval(alpha)),
        interval,
        JSON.stringify({ seen, ...rest }),
      );
    }
  }
});

test('cutting the order into shards changes nothing', () => {
  fc.assert(
    fc.property(night, ({ cut, ...rest }) => {
      const whole = gateOf(rest, rest.outcomes.length);
      const place = Math.floor(cut * rest.outcomes.length);
      const parts = gateOf(rest, place);
      parts.feed(Int8Array.from(rest.outcomes.slice(place)));
      assert.deepEqual(parts.read(), whole.read());
    }),
  );
});

test('p-values never rise as images come in', () => {
  fc.assert(
    fc.property(night, ({ cut: _, ...rest }) => {
      const gate = gateOf(rest, 0);
      let last = gate.read();
      for (const one of rest.outcomes) {
        gate.feed([one]);
        const now = gate.read();
        assert.ok(now.passP <= last.passP && now.regressionP <= last.regressionP);
        last = now;
      }
    }),
  );
});

test('exchanging baseline and candidate mirrors the interval', () => {
  fc.assert(
    fc.property(night, ({ cut, ...rest }) => {
      const seen = Math.floor(cut * rest.outcomes.length);
      const there = gateOf(rest, seen).interval(0.05);
      const mirrored = rest.outcomes.map((one) => 0 - one);
      const back = gateOf({ ...rest, outcomes: mirrored }, seen).interval(0.05);
      assert.deepEqual(back, { low: 0 - there.high, high: 0 - there.low });
    }),
  );
});

test('the interval holds what is still possible at most, and is the loss itself at the end', () => {
  fc.assert(
    fc.property(night, ({ cut, ...rest }) => {
      const seen = Math.floor(cut * rest.outcomes.length);
      const left = rest.outcomes.length - seen;
      const known = sum(rest.outcomes.slice(0, seen));
      const { low, high } = gateOf(rest, seen).interval(0.05);
      assert.ok(low >= known - left && high <= known + left);
      const total = sum(rest.outcomes);
      assert.deepEqual(gateOf(rest, rest.outcomes.length).interval(0.05), {
        low: total,
        high: total,
      });
    }),
  );
});

test('when what is left cannot change the verdict, it is given with certainty', () => {
  const gate = new EarlyGate({ images: 10, marginImages: 3, noise: 0 });
  gate.feed([0, 0, 0, 0, 0, 0]);
  assert.notEqual(gate.read().passP, 0);
  gate.feed([0]);
  assert.equal(gate.read().passP, 0);
  const losing = new EarlyGate({ images: 10, marginImages: 3, noise: 0 });
  losing.feed([1, 1, 1, 1, 1, 1]);
  assert.notEqual(losing.read().regressionP, 0);
  losing.feed([1]);
  assert.equal(losing.read().regressionP, 0);
  assert.deepEqual(
    judgeEarly([gate, losing], 0.05).map(({ verdict }) => verdict),
    ['pass', 'regression'],
  );
});

test('a pass needs its own evidence, a regression that of Holm over all gates', () => {
  const open = () => new EarlyGate({ images: 5000, marginImages: 10, noise: 0 });
  const losing = open();
  while (losing.read().regressionP > 0.03) {
    losing.feed([1, 0, 0, 0]);
  }
  assert.equal(judgeEarly([losing], 0.05)[0].verdict, 'regression');
  const [first, second] = judgeEarly([losing, open()], 0.05);
  assert.deepEqual([first.verdict, second.verdict], [null, null]);
  assertNear(first.adjustedRegressionP, 2 * first.regressionP, first);
});

test('a gate that has seen every image is decided by its counts alone', () => {
  const counts = [
    { lost: 2, noise: 0, verdict: 'pass' },
    { lost: 2, noise: 1, verdict: 'inconclusive' },
    { lost: 4, noise: 1, verdict: 'regression' },
  ];
  for (const { lost, noise, verdict } of counts) {
    const gate = new EarlyGate({ images: 200, marginImages: 2, noise });
    gate.feed([...Array<number>(lost).fill(1), ...Array<number>(200 - lost).fill(0)]);
    assert.equal(judgeEarly([gate], 0.05)[0].verdict, verdict);
  }
});

test('more images than the manifest has are refused', () => {
  const gate = new EarlyGate({ images: 3, marginImages: 0, noise: 0 });
  gate.feed([0, 0]);
  assert.throws(() => gate.feed([0, 0]), RangeError);
});
