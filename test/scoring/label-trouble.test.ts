import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { devkitOrder } from '../../src/scoring/devkit-order.ts';
import { explainLabels } from '../../src/scoring/label-trouble.ts';

/** Answers whose probabilities are not known. */
const explain = (labels: number[], predicted: (number | null)[]) =>
  explainLabels(labels, { predicted, probabilities: [] });

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
      assert.equal(explain(labels, answers(right, start)).hypothesis, 'none');
    }),
  );
});

test('labels that are off by one are recognised in both directions', () => {
  fc.assert(
    fc.property(accuracy, seed, fc.constantFrom(1, -1), (right, start, offset) => {
      const shifted = answers(right, start).map((answer) => answer + offset);
      const explanation = explain(labels, shifted);
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
      const explanation = explain(labels, permuted);
      assert.ok(explanation.hypothesis === 'permutation', JSON.stringify(explanation));
      assert.equal(explanation.explained, right / perClass);
      const labelOf = new Map(explanation.labelOf);
      assert.ok(permutation.every((to, from) => labelOf.get(to) === from));
    }),
  );
});

test('one class for everything is a constant output', () => {
  fc.assert(
    fc.property(fc.nat({ max: classes - 1 }), (only) => {
      const constant = labels.map((_, image) => (image % 40 === 0 ? null : only));
      const explanation = explain(labels, constant);
      assert.ok(explanation.hypothesis === 'constant-output' && explanation.class === only);
    }),
  );
});

test('guessing is near chance, and no map is fitted to it', () => {
  let near = 0;
  for (let start = 0; start < 200; start += 1) {
    const explanation = explain(labels, answers(0, start));
    assert.ok(['near-chance', 'none'].includes(explanation.hypothesis), explanation.hypothesis);
    assert.ok(Math.abs(explanation.chance - 1 / classes) < 0.002);
    near += Number(explanation.hypothesis === 'near-chance');
  }
  assert.ok(near >= 190, `${near}`);
});

test('a set of one class answered rightly is no constant output', () => {
  const same = Array<number>(100).fill(4);
  assert.equal(explain(same, same).hypothesis, 'none');
});

test('failed images count as wrong', () => {
  const half = answers(1, 1).map((answer, image) => (image % 2 ? answer : null));
  assert.equal(explain(labels, half).score, 0.5);
  assert.equal(explain([], []).score, 0);
});

test('labels in the devkit order are named, whether they start at 0 or at 1', () => {
  const sorted = Array.from({ length: 2000 }, (_, image) => (image * 7) % 1000);
  const next = numbersOf(5);
  const predicted = sorted.map((label) => (next() < 0.6 ? label : Math.floor(next() * 1000)));
  for (const first of [0, 1]) {
    const devkit = sorted.map((label) => devkitOrder.indexOf(label) + first);
    const explanation = explain(devkit, predicted);
    assert.ok(explanation.hypothesis === 'devkit-order' && explanation.first === first);
    assert.ok(explanation.explained > 0.55 && explanation.score < 0.01);
  }
});

test('the devkit order is a permutation of the classes that begins with kit fox and English setter', () => {
  assert.deepEqual(
    [...devkitOrder].sort((a, b) => a - b),
    [...Array(1000).keys()],
  );
  assert.deepEqual(devkitOrder.slice(0, 3), [278, 212, 250]);
});

test('labels at the wrong images are told from a model that guesses by how sure it is', () => {
  const next = numbersOf(11);
  const predicted = answers(0.9, 3);
  const order = labels.map((_, image) => [next(), image]).sort(([a], [b]) => a - b);
  const shuffled = order.map(([, image]) => labels[image]);
  const withProbability = (p: number) =>
    explainLabels(shuffled, { predicted, probabilities: predicted.map(() => p) }).hypothesis;
  assert.equal(withProbability(0.8), 'shuffled-labels');
  assert.equal(withProbability(0.05), 'near-chance');
  const narrow = predicted.map((answer) => answer % 10);
  const guesses = { predicted: narrow, probabilities: narrow.map(() => 0.8) };
  assert.equal(explainLabels(shuffled, guesses).hypothesis, 'near-chance');
});
