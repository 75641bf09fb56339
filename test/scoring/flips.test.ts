import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { agreementOf, flipsOf, marginDriftOf, marginOf } from '../../src/scoring/flips.ts';
import { lostImages, pairedCounts, rightWithin } from '../../src/scoring/paired.ts';
import { columnsOf, twoRuns } from './sides.ts';

const sure: [number, number][] = [
  [3, 0.9],
  [1, 0.05],
];
const unsure: [number, number][] = [
  [3, 0.4],
  [1, 0.3],
];
const wrong: [number, number][] = [
  [1, 0.6],
  [3, 0.2],
];
const astray: [number, number][] = [
  [8, 0.5],
  [9, 0.1],
];

const row = (key: string, from: typeof sure, to: typeof sure | 'undecodable') => ({
  key,
  label: 3,
  from,
  to,
});

const example = columnsOf([
  row('kept', sure, unsure),
  row('gained', wrong, sure),
  row('lost', unsure, wrong),
  row('gone', sure, 'undecodable'),
  row('changed', wrong, astray),
]);

test('flips are the images whose best class changed, sorted by margin lost', () => {
  const flips = flipsOf(example).map(({ marginLost, ...flip }) => ({
    ...flip,
    marginLost: Number(marginLost?.toFixed(9)),
  }));
  const at = (one: number, p: number) => ({ class: one, p });
  assert.deepEqual(flips, [
    {
      key: 'gone',
      label: 3,
      kind: 'lost',
      from: at(3, 0.9),
      to: { class: null, p: null },
      marginLost: 1.85,
    },
    { key: 'lost', label: 3, kind: 'lost', from: at(3, 0.4), to: at(1, 0.6), marginLost: 0.5 },
    {
      key: 'changed',
      label: 3,
      kind: 'changed',
      from: at(1, 0.6),
      to: at(8, 0.5),
      marginLost: 0.1,
    },
    {
      key: 'gained',
      label: 3,
      kind: 'gained',
      from: at(1, 0.6),
      to: at(3, 0.9),
      marginLost: -1.25,
    },
  ]);
});

test('the margin of a label is its lead, or how far it trails, in probability', () => {
  const margin = (image: number) => marginOf(example.candidate, { image, label: 3 });
  const margins = [0, 2, 3, 4].map((image) => Number(margin(image).toFixed(9)));
  assert.deepEqual(margins, [0.1, -0.4, -1, -0.5]);
});

test('lost minus gained flips is the loss of top-1, and every discordant image is a flip', () => {
  fc.assert(
    fc.property(twoRuns, (rows) => {
      const columns = columnsOf(rows);
      const flips = flipsOf(columns);
      const counts = pairedCounts(
        rightWithin(columns.baseline, 1),
        rightWithin(columns.candidate, 1),
      );
      const count = (kind: string) => flips.filter((flip) => flip.kind === kind).length;
      assert.equal(count('lost'), counts.onlyBaselineRight);
      assert.equal(count('gained'), counts.onlyCandidateRight);
      assert.equal(count('lost') - count('gained'), lostImages(counts));
      assert.equal(agreementOf(columns).images + flips.length, rows.length);
      const losses = flips.map(({ marginLost }) => marginLost!);
      for (const [index, loss] of losses.entries()) {
        assert.ok(index === 0 || loss <= losses[index - 1]);
        assert.ok(Math.abs(loss) <= 2);
      }
    }),
  );
});

test('a run agrees with itself in everything and drifts nowhere', () => {
  fc.assert(
    fc.property(twoRuns, (rows) => {
      const columns = columnsOf(rows.map((one) => ({ ...one, to: one.from })));
      assert.deepEqual(flipsOf(columns), []);
      assert.deepEqual(agreementOf(columns), { images: rows.length, fraction: 1, identical: true });
      const { lost, standardError } = marginDriftOf(columns)!;
      assert.deepEqual([lost, standardError], [0, 0]);
    }),
  );
});

test('the same classes with other probabilities agree, but are not identical', () => {
  const columns = columnsOf([row('kept', sure, unsure)]);
  assert.deepEqual(agreementOf(columns), { images: 1, fraction: 1, identical: false });
});

test('the drift is the mean loss of margin where both runs answered', () => {
  const columns = columnsOf([
    row('one', sure, unsure),
    row('two', unsure, wrong),
    row('gone', sure, 'undecodable'),
  ]);
  const drift = marginDriftOf(columns)!;
  const losses = [0.75, 0.5];
  assert.equal(drift.images, 2);
  assert.ok(Math.abs(drift.baseline - (0.85 + 0.1) / 2) < 1e-12);
  assert.ok(Math.abs(drift.candidate - (0.1 - 0.4) / 2) < 1e-12);
  assert.ok(Math.abs(drift.lost - (losses[0] + losses[1]) / 2) < 1e-12);
  assert.ok(Math.abs(drift.standardError - (losses[0] - losses[1]) / 2) < 1e-12);
});

test('where a run has no probabilities, margins are unknown and flips stay in manifest order', () => {
  const whole = columnsOf([row('one', sure, wrong), row('two', unsure, astray)]);
  const columns = { ...whole, baseline: { ...whole.baseline, probabilities: [] } };
  const [first, second] = flipsOf(columns);
  assert.deepEqual([first.key, first.from, first.to.p], ['one', { class: 3, p: null }, 0.6]);
  assert.deepEqual([first.marginLost, second.marginLost], [null, null]);
  assert.equal(marginDriftOf(columns), null);
  const same = columnsOf([row('one', sure, sure)]);
  const bare = { ...same.baseline, probabilities: [] };
  assert.equal(agreementOf({ ...same, baseline: bare, candidate: bare }).identical, false);
});
