import assert from 'node:assert/strict';
import { test } from 'node:test';
import { agreesWithPublished } from '../../src/scoring/published.ts';

const figure = { fraction: 0.774, digits: 3, tolerance: 0 };
const agrees = (correct: number, changes = {}) =>
  agreesWithPublished({ correct, images: 50000 }, { ...figure, ...changes });

test('three printed digits leave 25 of 50,000 images on either side', () => {
  assert.deepEqual(agrees(38700), { agrees: true, difference: 0, allowed: 25 });
  for (const [correct, expected] of [
    [38725, true],
    [38726, false],
    [38675, true],
    [38674, false],
  ] as const) {
    assert.equal(agrees(correct).agrees, expected, `${correct}`);
  }
});

test('four digits leave two images, and a declared tolerance adds to them', () => {
  const fine = { fraction: 0.7738, digits: 4 };
  assert.equal(agrees(38690 + 2, fine).agrees, true);
  assert.equal(agrees(38690 + 3, fine).agrees, false);
  assert.equal(agrees(38690 + 52, { ...fine, tolerance: 0.001 }).agrees, true);
  assert.equal(agrees(38690 + 53, { ...fine, tolerance: 0.001 }).agrees, false);
});
