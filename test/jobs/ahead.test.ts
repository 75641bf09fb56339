import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { mapAhead } from '../../src/jobs/ahead.ts';

test('results come in the order of the items whatever order the work ends in, and never more than `ahead` are under way', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.nat(5), { maxLength: 30 }),
      fc.integer({ min: 1, max: 6 }),
      async (turns, ahead) => {
        let underWay = 0;
        let most = 0;
        const work = async (item: { index: number; turns: number }) => {
          underWay += 1;
          most = Math.max(most, underWay);
          for (let turn = 0; turn < item.turns; turn += 1) await Promise.resolve();
          underWay -= 1;
          return item.index;
        };
        const items = turns.map((count, index) => ({ index, turns: count }));
        const seen: number[] = [];
        for await (const index of mapAhead(items, { ahead, work })) seen.push(index);
        assert.deepEqual(seen, [...turns.keys()]);
        assert.ok(most <= ahead);
      },
    ),
  );
});

test('a rejection ends the iteration after the work under way has settled', async () => {
  let settled = 0;
  const work = async (item: number) => {
    await new Promise((resolve) => setImmediate(resolve));
    settled += 1;
    if (item === 1) throw new Error('broken');
    return item;
  };
  const seen: number[] = [];
  await assert.rejects(async () => {
    for await (const item of mapAhead([0, 1, 2, 3, 4], { ahead: 3, work })) seen.push(item);
  }, /broken/);
  assert.deepEqual(seen, [0]);
  assert.equal(settled, 4);
});
