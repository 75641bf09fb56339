import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import {
  type Ending,
  openStopRule,
  type StopLimits,
  stableSpread,
} from '../../src/scoring/latency-stop.ts';
import { normal } from './latency-draws.ts';

const limits: StopLimits = { minSeconds: 1, minCount: 30, maxSeconds: 8, maxCount: 1e6 };

interface Ended {
  ending: Ending | null;
  count: number;
  seconds: number;
  spread: number;
}

function measure(latencies: Iterable<number>, within = limits): Ended {
  const rule = openStopRule(within);
  let seconds = 0;
  let count = 0;
  for (const latency of latencies) {
    count += 1;
    seconds += latency;
    const ending = rule.add(latency);
    if (ending) return { ending, count, seconds, spread: rule.spread() };
  }
  return { ending: null, count, seconds, spread: rule.spread() };
}

const steady = (seed: number) => normal(2000, { mean: 0.01, deviation: 0.001, seed });

test('steady latencies are stable as soon as both minimums are met', () => {
  for (let seed = 1; seed <= 50; seed += 1) {
    const { ending, seconds } = measure(steady(seed));
    assert.equal(ending, 'stable');
    assert.ok(seconds < 1.5, `seed ${seed}: ${seconds} s`);
  }
  const few = measure(steady(1), { ...limits, minCount: 400 });
  assert.deepEqual([few.ending, few.count], ['stable', 400]);
});

test('latencies that rise or fall by a half all the while are unstable', () => {
  const rise = 300;
  const drift = (rate: number) =>
    Array.from({ length: 900 }, (_, index) => 0.01 * (1 + (rate * index) / rise));
  for (const rate of [0.5, -0.5]) {
    assert.equal(measure(drift(rate), { ...limits, maxSeconds: 2 }).ending, 'unstable');
  }
});

test('a slow start is outlasted until it no longer shows in the mean', () => {
  const warming = steady(3).map((latency, index) => latency * (1 + 2 * Math.exp(-index / 5)));
  const { ending, seconds } = measure(warming);
  assert.equal(ending, 'stable');
  assert.ok(seconds > 3, `${seconds} s`);
});

test('a process that is disturbed for the last third is unstable when time is up', () => {
  const disturbed = steady(4).map((latency, index) => (index > 70 ? 1.3 : 1) * latency);
  assert.equal(measure(disturbed, { ...limits, maxSeconds: 1.2 }).ending, 'unstable');
});

test('time that is up before the minimum count ends short', () => {
  const slow = Array<number>(20).fill(0.5);
  const { ending, count } = measure(slow);
  assert.deepEqual([ending, count], ['short', 16]);
});

test('a fixed number of runs ends there, stable or not', () => {
  const fixed = { minSeconds: 0, minCount: 50, maxSeconds: 60, maxCount: 50 };
  const { ending, count } = measure(normal(60, { mean: 0.01, deviation: 1e-4, seed: 5 }), fixed);
  assert.deepEqual([ending, count], ['stable', 50]);
  const rising = Array.from({ length: 60 }, (_, index) => 0.01 * (1 + index / 50));
  assert.deepEqual(measure(rising, fixed).ending, 'unstable');
  assert.deepEqual(measure(rising, fixed).count, 50);
});

test('whatever comes, nothing is stable before both minimums, nor apart by more than is allowed', () => {
  const latency = fc.double({ min: 1e-4, max: 2, noNaN: true });
  fc.assert(
    fc.property(fc.array(latency, { minLength: 1, maxLength: 200 }), (list) => {
      const { ending, count, seconds, spread } = measure(list);
      assert.equal(ending === null, seconds < limits.maxSeconds && ending !== 'stable');
      if (ending === 'short') assert.ok(count < limits.minCount);
      if (ending !== 'stable') return;
      assert.ok(seconds >= limits.minSeconds && count >= limits.minCount);
      assert.ok(spread <= stableSpread);
    }),
  );
});
