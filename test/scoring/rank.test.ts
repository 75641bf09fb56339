import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { type ScoredRow, scoreRow } from '../../src/scoring/rank.ts';

/** Few distinct values, so that ties are common. */
const tiedScore = fc.integer({ min: -3, max: 3 });
const score = fc.oneof(tiedScore, fc.float({ noNaN: true, noDefaultInfinity: true }));
const rows = fc
  .array(score, { minLength: 1, maxLength: 40 })
  .chain((scores) =>
    fc.record({ scores: fc.constant(scores), label: fc.nat({ max: scores.length - 1 }) }),
  );

function answerOf(scores: readonly number[], label: number, classOffset = 0) {
  const answer: ScoredRow = scoreRow(Float32Array.from(scores), {
    offset: 0,
    classes: scores.length,
    label,
    classOffset,
  });
  assert.ok('rank' in answer, JSON.stringify(answer));
  return answer;
}

/** The definition, word for word: sort by score descending, then by index ascending. */
function ordered(scores: readonly number[]): number[] {
  const values = Float32Array.from(scores);
  return [...values.keys()].sort((a, b) => values[b] - values[a] || a - b);
}

test('the rank is the place in the order by score, then by lowest index', () => {
  fc.assert(
    fc.property(rows, ({ scores, label }) => {
      assert.equal(answerOf(scores, label).rank, ordered(scores).indexOf(label) + 1);
    }),
  );
});

test('the best classes are the first five of the same order', () => {
  fc.assert(
    fc.property(rows, ({ scores, label }) => {
      const answer = answerOf(scores, label);
      assert.deepEqual(answer.classes, ordered(scores).slice(0, 5));
      const place = answer.classes.indexOf(label);
      assert.equal(answer.rank <= 5 ? answer.rank - 1 : -1, place);
    }),
  );
});

test('tied says that another class has exactly the score of the label', () => {
  fc.assert(
    fc.property(rows, ({ scores, label }) => {
      const values = Float32Array.from(scores);
      const others = values.filter((value, index) => index !== label && value === values[label]);
      assert.equal(answerOf(scores, label).tied, others.length > 0);
    }),
  );
});

test('constant logits give the label the rank of its index', () => {
  assert.equal(answerOf(Array<number>(1000).fill(0.25), 0).rank, 1);
  assert.equal(answerOf(Array<number>(1000).fill(0.25), 999).rank, 1000);
});

test('probabilities are the softmax over all classes, in float64', () => {
  const { classes, probabilities } = answerOf([1, 3, 2, 0, -1, 3], 0);
  assert.deepEqual(classes, [1, 5, 2, 0, 3]);
  const sum = [1, 3, 2, 0, -1, 3].reduce((total, value) => total + Math.exp(value), 0);
  for (const [place, value] of [3, 3, 2, 1, 0].entries()) {
    assert.ok(Math.abs(probabilities[place] - Math.exp(value) / sum) < 1e-15);
  }
});

test('probabilities of any finite logits fall, lie in (0, 1] and sum to at most 1', () => {
  fc.assert(
    fc.property(rows, ({ scores, label }) => {
      const { probabilities } = answerOf(scores, label);
      const sum = probabilities.reduce((total, value) => total + value, 0);
      assert.ok(probabilities[0] > 0 && sum <= 1 + 1e-12);
      assert.ok(probabilities.every((value, place) => value <= (probabilities[place - 1] ?? 1)));
    }),
  );
  assert.deepEqual(answerOf([3e38, -3e38], 1).probabilities, [1, 0]);
});

test('a NaN or infinite logit anywhere is no answer and says which', () => {
  for (const broken of [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]) {
    const logits = Float32Array.from([0, 1, broken, 3]);
    const answer = scoreRow(logits, { offset: 0, classes: 4, label: 3, classOffset: 0 });
    assert.deepEqual(answer, { reason: `The model's logit of class 2 is ${broken}.` });
  }
});

test('a row is read at its offset and nowhere else', () => {
  const logits = Float32Array.from([Number.NaN, 5, 1, 2, 9, Number.NaN]);
  const answer = scoreRow(logits, { offset: 2, classes: 2, label: 0, classOffset: 0 });
  assert.ok('rank' in answer);
  assert.deepEqual([answer.rank, answer.classes], [2, [1, 0]]);
});

test('an offset moves the classes, and the background outputs compete under negative numbers', () => {
  const background = answerOf([9, 1, 2, 3], 2, 1);
  assert.deepEqual(background.classes, [-1, 2, 1, 0]);
  assert.equal(background.rank, 2);
  fc.assert(
    fc.property(rows, ({ scores, label }) => {
      const plain = answerOf(scores, label);
      fc.pre(Math.min(...scores) > -1e30);
      const shifted = answerOf([-1e30, ...scores], label, 1);
      assert.equal(shifted.rank, plain.rank);
      assert.deepEqual(
        shifted.classes.filter((index) => index >= 0),
        plain.classes,
      );
    }),
  );
});

test('a label outside the head is no answer', () => {
  const answer = scoreRow(new Float32Array(10), {
    offset: 0,
    classes: 10,
    label: 10,
    classOffset: 0,
  });
  assert.ok('reason' in answer && answer.reason.includes('Label 10'));
});
