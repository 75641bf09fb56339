import assert from 'node:assert/strict';
import { test } from 'node:test';
import { workersThatFit } from '../../src/jobs/worker-memory.ts';

const planOf = (...groups: number[][]) => {
  const models = groups.flat().map((bytes) => ({ artifact: { bytes } }));
  let next = 0;
  return { groups: groups.map((group) => group.map(() => next++)), models } as never;
};

test('two workers with the largest of the fourteen fit into 24 GB, and one into 12 GB', () => {
  const plan = planOf([21e6, 31e6], [3.32e9], [3.32e9]);
  assert.equal(workersThatFit(plan, 24e9), 2);
  assert.equal(workersThatFit(plan, 12e9), 1);
});

test('the largest group counts, whatever its models are', () => {
  assert.equal(workersThatFit(planOf([1e9, 1e9], [1.5e9]), 24e9), 4);
  assert.equal(workersThatFit(planOf([1e9], [1.5e9]), 24e9), 5);
});

test('small models leave room for a worker on every core of a usual machine', () => {
  assert.equal(workersThatFit(planOf([21e6]), 8e9), 15);
});

test('one worker is always tried', () => {
  assert.equal(workersThatFit(planOf([3.3e9]), 1e9), 1);
});
