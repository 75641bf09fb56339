import assert from 'node:assert/strict';
import { test } from 'node:test';
import { className, extremeClasses } from '../../src/report/classes.ts';
import { seriesRecord, smallRecord } from './record-fixture.ts';

test('the worst classes come worst first, the best best first, ties in class order', () => {
  const [model] = smallRecord().models;
  const perClass = [3, 1, 4, 1].map((top1, label) => ({ label, expected: 4, top1, top5: 4 }));
  const { worst, best } = extremeClasses({ ...model, perClass }, 2);
  assert.deepEqual(
    worst.map(({ label }) => label),
    [1, 3],
  );
  assert.deepEqual(
    best.map(({ label }) => label),
    [2, 0],
  );
});

test('no class is both among the worst and among the best', () => {
  const [model] = smallRecord().models;
  for (const classes of [1, 2, 3, 9, 10]) {
    const { worst, best } = extremeClasses(
      { ...model, perClass: model.perClass.slice(0, classes) },
      5,
    );
    const labels = [...worst, ...best].map(({ label }) => label);
    assert.equal(new Set(labels).size, labels.length);
    assert.equal(labels.length, Math.min(10, classes));
  }
});

test('a class without a name is called by its index', () => {
  assert.equal(className(smallRecord(), 3), 'class 3');
  assert.equal(className(seriesRecord(), 0), 'heron, heron heron');
});
