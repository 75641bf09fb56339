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
  assert.equal(await measureBatch(async (batch) => (batch * (1 + batch * 0.0005)) / 1000), 32);
});

test('the search ends at the first batch that is hopelessly slower', async () => {
  const tried = new Set<number>();
  const batch = await measureBatch(async (size) => {
    tried.add(size);
    return (size * (size === 2 ? 5 : 5 + size)) / 1000;
  });
  assert.equal(batch, 2);
  assert.deepEqual([...tried], [1, 2, 4]);
});

for (const [title, start] of [
  ['neither in its first trial', 12],
  ['nor later', 27],
] as const) {
  test(`one slow moment of a candidate does not decide, ${title}`, async () => {
    let call = 0;
    const time = async (size: number) => {
      call += 1;
      const busy = call === start ? 3 : 1;
      return (busy * (size > 8 ? 2 : 1) * size) / 100;
    };
    assert.equal(await measureBatch(time), 8);
    assert.ok(call > start + 1);
  });
}

test('a worker stops measuring when another has settled the batch', async () => {
  let calls = 0;
  let settled = false;
  const time = async (size: number) => {
    calls += 1;
    settled ||= calls === 12;
    return size / 100;
  };
  await measureBatch(time, async () => settled);
  assert.equal(calls, 13);
});

test('no larger batch is tried once a run takes a fifth of a second', async () => {
  const tried = new Set<number>();
  const batch = await measureBatch(async (size) => {
    tried.add(size);
    return size * 0.15;
  });
  assert.equal(batch, 1);
  assert.deepEqual([...tried], [1, 2]);
});
