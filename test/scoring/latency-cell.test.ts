import assert from 'node:assert/strict';
import { test } from 'node:test';
import { measuredOf } from '../../src/scoring/latency-cell.ts';
import { quietRestarts, restartOf } from './restarts-of.ts';

const single = { mode: 'single-stream', batch: 4 } as const;

test('five quiet restarts give a mean with its interval, images a second, and nothing to say', () => {
  const { mean, imagesPerSecond, stability, validity, p50, restarts } = measuredOf(
    quietRestarts(20),
    single,
  );
  assert.ok(Math.abs(mean.value - 10) < 1e-9);
  // s = 0.0790569, t(0.975, 4) = 2.776: 0.0981.
  assert.ok(Math.abs(mean.interval!.high - 10.0981) < 1e-3);
  assert.ok(Math.abs(imagesPerSecond.value - 400) < 0.1);
  assert.ok(imagesPerSecond.interval!.low < 400 && imagesPerSecond.interval!.high > 400);
  assert.ok(Math.abs(p50 - 10) < 0.01);
  assert.equal(restarts.length, 5);
  assert.deepEqual(stability, { stable: true, reasons: [] });
  assert.equal(validity.valid, true);
  assert.match(
    validity.reason,
    /^100 queries, where single-stream needs 64; 1\.0 s, where .* 600$/,
  );
});

test('other work, throttling, drifting and differing restarts make a figure unstable, each with its reason', () => {
  const reasonsOf = (restarts: Parameters<typeof measuredOf>[0]) =>
    measuredOf(restarts, single).stability.reasons;
  const [first, ...others] = quietRestarts(20);
  assert.deepEqual(reasonsOf([{ ...first, otherCores: 0.98 }, ...others]), [
    'in 1 of 5 restarts other work kept up to 0.98 cores busy',
  ]);
  assert.deepEqual(reasonsOf([{ ...first, ending: 'unstable', spread: 0.314 }, ...others]), [
    'in 1 of 5 restarts the thirds of the measurement differ by up to 31%',
  ]);
  const throttled = { ...first.after, throttled: 3 };
  assert.deepEqual(reasonsOf([{ ...first, after: throttled }, ...others]), [
    'in 1 of 5 restarts the processor was throttled up to 3 times',
  ]);
  assert.deepEqual(reasonsOf([restartOf(Array(20).fill(20)), ...others]), [
    'restarts differ: the mean is known to ±46%',
  ]);
});

test('what a machine does not tell is no reason', () => {
  const unknown = { clockMHz: null, temperatureC: null, throttled: null, accelerator: null };
  const restarts = quietRestarts(20, { otherCores: null, before: unknown, after: unknown });
  assert.equal(measuredOf(restarts, single).stability.stable, true);
});

test('too few queries and wrong answers make a figure invalid', () => {
  const validityOf = (restarts: Parameters<typeof measuredOf>[0]) =>
    measuredOf(restarts, single).validity;
  assert.deepEqual(validityOf(quietRestarts(12)), {
    valid: false,
    reason: '60 queries, where single-stream needs 64',
  });
  const answers = { compared: 16, differing: 2, largestDifference: 0, classes: [1, 2, 3] };
  const [first, ...others] = quietRestarts(20);
  assert.match(
    validityOf([{ ...first, answers }, ...others]).reason,
    /^2 timed answers differ from those of the untimed pass$/,
  );
  const other = { ...answers, differing: 0, classes: [1, 4, 3] };
  assert.match(
    validityOf([{ ...first, answers: other }, ...others]).reason,
    /^restarts gave different answers/,
  );
});

test('a restart that had time for fewer images is held against the others on those', () => {
  const [first, ...others] = quietRestarts(20);
  const validityOf = (classes: number[]) =>
    measuredOf([{ ...first, answers: { ...first.answers, classes } }, ...others], single).validity;
  assert.equal(validityOf([1, 2]).valid, true);
  assert.equal(validityOf([1, 2, 3, 9]).valid, true);
  assert.equal(validityOf([2, 1]).valid, false);
});

test('each mode counts its own queries and images', () => {
  const multi = measuredOf(quietRestarts(133), { mode: 'multi-stream', batch: 4 });
  assert.equal(multi.imagesPerQuery, 8);
  assert.ok(Math.abs(multi.imagesPerSecond.value - 800) < 0.2);
  assert.equal(multi.validity.valid, true);
  assert.ok(multi.safe.p99 !== null && multi.safe.p99 >= multi.p99 - 1e-9);
  assert.equal(measuredOf(quietRestarts(132), { mode: 'multi-stream', batch: 4 }).safe.p99, null);
  const seed = measuredOf(quietRestarts(500), { mode: 'seed', batch: 1 });
  assert.equal(seed.validity.valid, true);
});

test('offline counts the time between queries too, and needs 24,576 images', () => {
  // 100 queries of 10 ms in 2 s: half of the time lies between them.
  const restarts = quietRestarts(100, { seconds: 2 });
  const { imagesPerSecond, validity } = measuredOf(restarts, { mode: 'offline', batch: 8 });
  assert.equal(imagesPerSecond.value, 400);
  assert.equal(validity.reason, '500 queries, where offline needs 3072');
});
