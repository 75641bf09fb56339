import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { judgeRetention, type KeepReason, type StoredRun } from '../../src/jobs/retention.ts';

const now = new Date('2026-11-24T00:00:00Z');
const daysAgo = (days: number) => new Date(now.getTime() - days * 86_400_000).toISOString();

function run(runId: string, age: number, more: Partial<StoredRun> = {}): StoredRun {
  const usual = { name: 'n', state: 'ended' as const, reusedFrom: [], artifacts: [] };
  return { ...usual, runId, createdAt: daysAgo(age), ...more };
}

function judge(
  runs: StoredRun[],
  {
    days = 30,
    last = 1,
    named = {},
  }: { days?: number; last?: number; named?: Record<string, KeepReason> } = {},
) {
  const names = new Map(Object.entries(named).map(([id, reason]) => [id, new Set([reason])]));
  const { gone, kept } = judgeRetention(runs, { rules: { days, runs: last }, named: names, now });
  return {
    gone: gone.map(({ runId }) => runId),
    kept: Object.fromEntries(kept.map(({ runId, reasons }) => [runId, reasons])),
  };
}

test('runs of the last days are kept, and the last ones of each name however old', () => {
  const runs = [
    run('a', 90),
    run('other', 80, { name: 'm' }),
    run('b', 70),
    run('c', 60),
    run('d', 3),
  ];
  assert.deepEqual(judge(runs), {
    gone: ['a', 'b', 'c'],
    kept: { other: ['last'], d: ['recent', 'last'] },
  });
  assert.deepEqual(judge(runs, { last: 3 }).gone, ['a']);
  assert.deepEqual(judge(runs, { days: 75 }).gone, ['a']);
});

test('what is named is kept: a baseline, an acknowledged night, the fall that a history tells of', () => {
  const runs = [run('a', 90), run('b', 80), run('c', 70), run('d', 60), run('e', 50)];
  const named = { a: 'baseline', b: 'acknowledged', c: 'history' } as const;
  assert.deepEqual(judge(runs, { named }).gone, ['d']);
});

test('a run whose results a kept run took over is kept, and those that it names itself', () => {
  const runs = [
    run('a', 90),
    run('b', 80, { reusedFrom: ['a'] }),
    run('c', 70),
    run('d', 60, { reusedFrom: ['b', 'gone already'] }),
  ];
  assert.deepEqual(judge(runs), { gone: ['c'], kept: { a: ['reuse'], b: ['reuse'], d: ['last'] } });
});

test('unfinished runs, unreadable ones and those without a date are kept; old submissions that broke off go', () => {
  const runs = [
    run('a', 90, { state: 'unfinished' }),
    run('b', 90, { state: 'unreadable', name: null }),
    run('c', 90, { state: 'broken', name: null }),
    run('d', 0, { state: 'broken', name: null }),
    run('e', 0, { state: 'broken', name: null, createdAt: null }),
    run('f', 80),
  ];
  assert.deepEqual(judge(runs).gone, ['c']);
});

test('an unfinished run is none of the last runs of its name', () => {
  const runs = [run('a', 90), run('b', 80, { state: 'unfinished' })];
  assert.deepEqual(judge(runs).gone, []);
});

test('every run is kept or gone, never both, and nothing that goes is named by what stays', () => {
  const ids = ['a', 'b', 'c', 'd', 'e', 'f'];
  const runsOf = fc.tuple(
    ...ids.map((runId) =>
      fc
        .record({
          age: fc.integer({ min: 0, max: 100 }),
          name: fc.constantFrom('n', 'm', null),
          state: fc.constantFrom(...(['ended', 'unfinished', 'broken', 'unreadable'] as const)),
          reusedFrom: fc.subarray(ids),
        })
        .map(({ age, ...more }) => run(runId, age, more)),
    ),
  );
  const limits = fc.record({ days: fc.nat(100), last: fc.integer({ min: 1, max: 4 }) });
  fc.assert(
    fc.property(runsOf, limits, (runs, rules) => {
      const { gone, kept } = judge(runs, rules);
      assert.deepEqual([...gone, ...Object.keys(kept)].sort(), ids);
      for (const { runId, reusedFrom } of runs) {
        if (kept[runId]) assert.ok(reusedFrom.every((source) => kept[source]));
      }
    }),
  );
});
