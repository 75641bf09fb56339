import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { explainLabels } from '../../src/scoring/label-trouble.ts';

const classes = 50;
const perClass = 10;
const labels = Array.from({ length: classes * perClass }, (_, image) => image % classes);

/** Repeatable numbers in [0, 1) (Park & Miller 1988). */
function numbersOf(seed: number): () => number {
  let state = seed + 1;
  return () => {
    state = (state * 48271) % 2147483647;
    return state / 2147483647;
  };
}

/** The best classes of a model that is right with this chance and else answers at random. */
function answers(accuracy: number, seed: number): number[] {
  const next = numbersOf(seed);
  return labels.map((label) => (next() < accuracy ? label : Math.floor(next() * classes)));
}

const seed = fc.nat({ max: 100000 });
const accuracy = fc.double({ min: 0.3, max: 0.95, noNaN: true });

test('a model that sees needs no explanation', () => {
  fc.assert(
    fc.property(accuracy, seed, (right, start) => {
      assert.equal(explainLabels(labels, answers(right, start)).hypothesis, 'none');
    }),
  );
});

test('labels that are off by one are recognised in both directions', () => {
  fc.assert(
    fc.property(accuracy, seed, fc.constantFrom(1, -1), (right, start, offset) => {
      const shifted = answers(right, start).map((answer) => answer + offset);
      const explanation = explainLabels(labels, shifted);
      assert.ok(explanation.hypothesis === 'off-by-one' && explanation.offset === offset);
      assert.ok(explanation.score < 0.1 && explanation.explained > right - 0.1);
    }),
  );
});

/** Right on `right` images of every class; the other answers of a class all differ. */
function steadyAnswers(right: number): number[] {
  return labels.map((label, image) => {
    const time = Math.floor(image / classes);
    return time < right ? label : (label + 7 * time + 3) % classes;
  });
}

test('a permutation of the classes is recognised and returned', () => {
  const order = fc.shuffledSubarray([...Array(classes).keys()], { minLength: classes });
  fc.assert(
    fc.property(fc.integer({ min: 5, max: perClass }), order, (right, permutation) => {
      const kept = permutation.filter((to, from) => Math.abs(to - from) <= 1);
      fc.pre(kept.length < classes / 5);
      const permuted = steadyAnswers(right).map((answer) => permutation[answer]);
      const explanation = explainLabels(labels, permuted);
      assert.ok(explanation.hypothesis === 'permutation', JSON.stringify(explanation));
      assert.equal(explanation.explained, right / perClass);
      assert.ok(permutation.every((to, from) => explanation.labelOf.get(to) === from));
    }),
  );
});

test('one class for everything is a constant output', () => {
  fc.assert(
    fc.property(fc.nat({ max: classes - 1 }), (only) => {
      const constant = labels.map((_, image) => (image % 40 === 0 ? null : only));
      const explanation = explainLabels(labels, constant);
      assert.ok(explanation.hypothesis === 'constant-output' && explanation.class === only);
    }),
  );
});

test('guessing is near chance, and no map is fitted to it', () => {
  let near = 0;
  for (let start = 0; start < 200; start += 1) {
    const explanation = explainLabels(labels, answers(0, start));
    assert.ok(['near-chance', 'none'].includes(explanation.hypothesis), explanation.hypothesis);
    assert.ok(Math.abs(explanation.chance - 1 / classes) < 0.002);
    near += Number(explanation.hypothesis === 'near-chance');
  }
  assert.ok(near >= 190, `${near}`);
});

test('a set of one class answered rightly is no constant output', () => {
  const same = Array<number>(100).fill(4);
  assert.equal(explainLabels(same, same).hypothesis, 'none');
});

test('failed images count as wrong', () => {
  const half = answers(1, 1).map((answer, image) => (image % 2 ? answer : null));
  assert.equal(explainLabels(labels, half).score, 0.5);
  assert.equal(explainLabels([], []).score, 0);
});
