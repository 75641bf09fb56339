import assert from 'node:assert/strict';
import { test } from 'node:test';
import { measureBatch } from '../../src/jobs/settle-batch.ts';

test('the batch with the most images a second wins', async () => {
  const perImage = new Map([
    [1, 10],
    [2, 8],
    [4, 6],
    [8, 7],
    [16, 9],
    [32, 9],
  ]);
  const time = async (batch: number) => ((perImage.get(batch) as number) * batch) / 1000;
  assert.equal(await measureBatch(time), 4);
});

test('of nearly equal batches the largest wins', async () => {
  assert.equal(await measureBatch(async (batch) => (batch * (10 + batch * 0.01)) / 1000), 32);
});

test('the search ends after two larger batches that are slower', async () => {
  const tried = new Set<number>();
  const batch = await measureBatch(async (size) => {
    tried.add(size);
    return (size * (size === 2 ? 5 : 5 + size)) / 1000;
  });
  assert.equal(batch, 2);
  assert.deepEqual([...tried], [1, 2, 4, 8]);
});

test('no larger batch is tried once a run takes seconds', async () => {
  const tried = new Set<number>();
  const batch = await measureBatch(async (size) => {
    tried.add(size);
    return size * 1.0;
  });
  assert.equal(batch, 1);
  assert.deepEqual([...tried], [1, 2]);
});
