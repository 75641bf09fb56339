import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { inOrder } from '../../src/data/in-order.ts';

test('results come in the order of the items, never more than the limit under way', async () => {
  const scheduled = fc.record({
    count: fc.nat(20),
    limit: fc.integer({ min: 1, max: 6 }),
    scheduler: fc.scheduler(),
  });
  await fc.assert(
    fc.asyncProperty(scheduled, async ({ count, limit, scheduler }) => {
      const items = Array.from({ length: count }, (_, index) => index);
      let running = 0;
      const work = async (item: number) => {
        assert.ok(++running <= limit);
        await scheduler.schedule(Promise.resolve());
        running--;
        return item * 2;
      };
      const collect = async () => {
        const results: number[] = [];
        for await (const result of inOrder(items, { limit, work })) results.push(result);
        return results;
      };
      const results = await scheduler.waitFor(collect());
      assert.deepEqual(
        results,
        items.map((item) => item * 2),
      );
      assert.equal(running, 0);
    }),
  );
});

test('a failure is thrown in its place, after the work under way has ended', async () => {
  let running = 0;
  const work = async (item: number) => {
    running++;
    await new Promise(setImmediate);
    running--;
    if (item >= 2) throw new Error(`item ${item}`);
    return item;
  };
  const seen: number[] = [];
  const collect = async () => {
    for await (const item of inOrder([0, 1, 2, 3, 4], { limit: 3, work })) seen.push(item);
  };
  await assert.rejects(collect(), { message: 'item 2' });
  assert.deepEqual(seen, [0, 1]);
  assert.equal(running, 0);
});

test('a consumer that stops early leaves nothing running', async () => {
  let running = 0;
  const work = async (item: number) => {
    running++;
    await new Promise(setImmediate);
    running--;
    return item;
  };
  for await (const item of inOrder([0, 1, 2, 3], { limit: 3, work })) if (item === 0) break;
  assert.equal(running, 0);
});
