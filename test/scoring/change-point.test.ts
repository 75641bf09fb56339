import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { createRandom } from '../../src/data/random.ts';
import { levelsOf, standingFall } from '../../src/scoring/change-point.ts';

const flat = (count: number, nights: number) => new Array<number>(nights).fill(count);

test('a fall is dated to its first night, whatever its size', () => {
  for (const lost of [1, 5, 400]) {
    assert.deepEqual(standingFall([...flat(38_000, 9), ...flat(38_000 - lost, 3)]), {
      at: 9,
      before: 38_000,
      after: 38_000 - lost,
    });
  }
});

test('a steady series, a rise and a fall that was mended are no standing fall', () => {
  assert.equal(standingFall(flat(38_000, 30)), null);
  assert.equal(standingFall([...flat(37_900, 9), ...flat(38_000, 3)]), null);
  assert.equal(standingFall([...flat(38_000, 9), ...flat(37_000, 3), ...flat(38_000, 5)]), null);
  assert.equal(standingFall([]), null);
  assert.equal(standingFall([7]), null);
});

test('the last of several changes counts', () => {
  const counts = [...flat(100, 5), ...flat(90, 5), ...flat(120, 5), ...flat(110, 2)];
  assert.equal(standingFall(counts)?.at, 15);
  assert.deepEqual(
    levelsOf(counts).map(({ start, end, mean }) => [start, end, mean]),
    [
      [0, 5, 100],
      [5, 10, 90],
      [10, 15, 120],
      [15, 17, 110],
    ],
  );
});

test('levels cover every night once, in order, with their means', () => {
  const counts = fc.array(fc.integer({ min: 0, max: 50 }), { maxLength: 40 });
  fc.assert(
    fc.property(counts, (series) => {
      const levels = levelsOf(series);
      assert.deepEqual(
        levels.flatMap(({ start, end }) => series.slice(start, end)),
        series,
      );
      for (const { start, end, mean } of levels) {
        const part = series.slice(start, end);
        const average = part.reduce((total, one) => total + one, 0) / part.length;
        assert.ok(end > start && Math.abs(mean - average) < 1e-9);
      }
    }),
  );
});

test('noise is seldom taken for a change, and a fall of four deviations is found within a night', () => {
  const random = createRandom(5);
  const normal = () =>
    Math.sqrt(-2 * Math.log(1 - random.next())) * Math.cos(2 * Math.PI * random.next());
  const noisy = (level: number, nights: number) =>
    Array.from({ length: nights }, () => Math.round(level + 5 * normal()));
  let alarms = 0;
  let found = 0;
  for (let trial = 0; trial < 200; trial += 1) {
    alarms += Number(standingFall(noisy(1000, 30)) !== null);
    const fall = standingFall([...noisy(1000, 24), ...noisy(980, 6)]);
    found += Number(fall !== null && Math.abs(fall.at - 24) <= 1);
  }
  assert.ok(alarms <= 40, `${alarms} alarms in 200 series`);
  assert.ok(found >= 180, `${found} of 200 falls`);
});
