import assert from 'node:assert/strict';
import { test } from 'node:test';
import { measuredOf } from '../../src/scoring/latency-cell.ts';
import { judgeLatency } from '../../src/scoring/latency-gate.ts';
import type { LatencyRecord } from '../../src/scoring/latency-record.ts';
import { makeLatency } from '../report/latency-fixture.ts';
import { restartOf } from './restarts-of.ts';

const [cell] = makeLatency().cells;

/** One cell of five restarts with these means, in milliseconds. */
function record(means: number[], change: Partial<LatencyRecord> = {}): LatencyRecord {
  const restarts = means.map((mean) =>
    restartOf(Array<number>(20).fill(Math.round(mean * 1e6) / 1e6)),
  );
  const measured = measuredOf(restarts, { mode: 'single-stream', batch: 1 });
  return makeLatency({ cells: [{ ...cell, measured }], ...change });
}

const baseline = record([9.9, 9.95, 10, 10.05, 10.1]);
const slower = (factor: number) =>
  record([9.9, 9.95, 10, 10.05, 10.1].map((mean) => mean * factor));
const judge = (candidate: LatencyRecord, limit = 1.1) =>
  judgeLatency({ baseline, candidate }, limit);
const only = (candidate: LatencyRecord) => judge(candidate).gates[0];

test('a ratio passes when all of its interval is within the limit, and fails when none is', () => {
  assert.deepEqual(
    [1, 1.05, 1.1, 1.15, 0.5].map((factor) => only(slower(factor)).verdict),
    ['pass', 'pass', 'inconclusive', 'regression', 'pass'],
  );
});

test('the interval of the ratio is made of the far ends of both', () => {
  const { ratio, explanation } = only(slower(1.05));
  // Student's t for 4 degrees of freedom is 2.776; s = 0.0791, so each mean is 10 ± 0.0982, or 10.5 ± 0.103.
  const [half, halfNow] = [0.09816, 0.10307];
  assert.ok(ratio);
  assert.ok(Math.abs(ratio.low - (10.5 - halfNow) / (10 + half)) < 1e-4);
  assert.ok(Math.abs(ratio.high - (10.5 + halfNow) / (10 - half)) < 1e-4);
  assert.equal(ratio.value.toFixed(3), '1.050');
  assert.match(explanation, /^A query takes 1\.050 times as long .* the limit is 1\.1\.$/);
});

for (const [what, environment] of [
  ['device', { device: 'Another CPU' }],
  ['threads', { threads: 2 }],
  ['cores', { cores: 64 }],
  ['power', { power: { governor: 'powersave', boost: null, powerCapWatts: null } }],
] as const) {
  test(`another ${what} is not judged, and the reason said`, () => {
    const candidate = slower(2);
    const { verdict, ratio, explanation } = only({
      ...candidate,
      environment: { ...candidate.environment, ...environment },
    });
    assert.deepEqual([verdict, ratio], ['not-judged', null]);
    assert.match(explanation, new RegExp(`^Not judged, because ${what} differs \\(`));
  });
}

test('another runtime or driver is judged: it may be what made it slower', () => {
  const candidate = slower(1.5);
  const environment = { ...candidate.environment, runtime: 'onnxruntime-node 2', driver: '600' };
  assert.equal(only({ ...candidate, environment }).verdict, 'regression');
});

test('an unstable cell, one without an interval, one not measured and one that is new are not judged', () => {
  const reasons = [
    record([9, 10, 11, 12, 20]),
    record([10, 10, 10]),
    record([10], { cells: [{ ...cell, measured: null, reason: 'no memory' }] }),
    record([10], { cells: [{ ...cell, batch: 64 }] }),
    record([10], { cells: [{ ...cell, arithmetic: 'fp16' }] }),
  ].map((candidate) => only(candidate).explanation);
  assert.match(reasons[0], /because it was unstable now: /);
  assert.match(reasons[1], /because it has no interval now, which needs five restarts/);
  assert.match(reasons[2], /because it could not be measured now: no memory/);
  assert.match(reasons[3], /because the baseline did not measure it/);
  assert.match(reasons[4], /because fp32, resize 256, crop 224 became fp16, resize 256, crop 224/);
});

test('without a measurement on a side there are no gates, and the reason is told', () => {
  const unmeasured = { kind: 'unmeasured', reason: 'cancelled' } as const;
  for (const [sides, told] of [
    [
      { baseline, candidate: null },
      /because this run has none; "latency:" in the spec measures it/,
    ],
    [{ baseline: null, candidate: baseline }, /because the baseline has none/],
    [{ baseline, candidate: unmeasured }, /because in this run it failed: cancelled/],
  ] as const) {
    const { gates, reason } = judgeLatency(sides, 1.1);
    assert.equal(gates.length, 0);
    assert.match(reason ?? '', told);
  }
});
