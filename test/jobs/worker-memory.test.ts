import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { groupModels, isTooLarge, workersThatFit } from '../../src/jobs/worker-memory.ts';

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

const modelsOf = (...gigabytes: number[]) =>
  gigabytes.map((size) => ({ artifact: { bytes: size * 1e9 } }));

test('without a word about memory a group holds 2 GiB of models, or one that is larger', () => {
  assert.deepEqual(groupModels(modelsOf(1, 3.3, 1, 0.3, 0.1), undefined), [[0, 2, 4], [1], [3]]);
});

test('with more memory more models share a pass over the images', () => {
  const fourteen = modelsOf(
    0.02,
    0.03,
    0.04,
    0.05,
    0.08,
    0.12,
    0.17,
    0.27,
    0.35,
    0.78,
    1.9,
    3.3,
    3.3,
  );
  assert.deepEqual(
    ['4GB', '12GB', '24GB', '80GB'].map((memory) => groupModels(fourteen, memory).length),
    [5, 3, 2, 1],
  );
});

test('a group opens no more than its worker has, unless it is one model alone', () => {
  const sizes = fc.array(fc.double({ min: 0.01, max: 5, noNaN: true }), { minLength: 1 });
  fc.assert(
    fc.property(sizes, fc.integer({ min: 2, max: 80 }), (gigabytes, memory) => {
      const models = modelsOf(...gigabytes);
      const groups = groupModels(models, `${memory}GB`);
      assert.deepEqual(
        groups.flat().toSorted((a, b) => a - b),
        models.map((_, index) => index),
      );
      for (const group of groups.filter(({ length }) => length > 1)) {
        const bytes = group.reduce((sum, index) => sum + models[index].artifact.bytes, 0);
        assert.ok(4e8 + 2.4 * bytes <= memory * 0.9e9 + 1);
      }
    }),
  );
});

test('the largest of the fourteen alone needs more than 8 GB, and less than 12', () => {
  const [largest] = modelsOf(3.32);
  assert.equal(isTooLarge(largest, '8GB'), true);
  assert.equal(isTooLarge(largest, '12GB'), false);
});
