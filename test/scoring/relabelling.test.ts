import assert from 'node:assert/strict';
import { test } from 'node:test';
import { devkitOrder } from '../../src/scoring/devkit-order.ts';
import { tellRelabelling } from '../../src/scoring/relabelling.ts';
import { sideOf } from './sides.ts';

const labels = Array.from({ length: 60 }, (_, image) => (image * 7) % 30);
const side = sideOf(labels.map((label, image) => ({ key: `${image}`, label, best: [[label, 1]] })));

function told(candidate: number[]): string | null {
  const { keys, predictions } = side;
  return tellRelabelling({
    keys,
    labels: { baseline: labels, candidate },
    answers: { baseline: predictions, candidate: predictions },
  });
}

const cases: [string, number[], RegExp][] = [
  ['one higher', labels.map((label) => label + 1), /; every label is one higher\. The answers/],
  ['one lower', labels.map((label) => label - 1), /; every label is one lower\./],
  [
    'in the devkit order',
    labels.map((label) => devkitOrder.indexOf(label)),
    /; all count classes as the ILSVRC2012 devkit does, no longer by sorted WNID/,
  ],
  [
    'in the devkit order from 1',
    labels.map((label) => devkitOrder.indexOf(label) + 1),
    /; all count classes as the ILSVRC2012 devkit/,
  ],
  ['in sorted order again', labels.map((label) => devkitOrder[label]), /; all count .* by sorted/],
  ['renamed class by class', labels.map((label) => (label * 11) % 30), /; each class has become/],
  ['in other rows', [labels[1], labels[0], ...labels.slice(2)], /; .* rows of the label file are/],
  ['some of them other', labels.map((label, at) => (at < 5 ? 29 : label)), /^Labels differ for 5/],
];

for (const [what, candidate, message] of cases) {
  test(`labels that are ${what} are told so`, () => assert.match(told(candidate) ?? '', message));
}

test('equal labels need no words; else the answers say whether the model changed too', () => {
  assert.equal(told(labels), null);
  assert.match(
    told(labels.map(() => 3)) ?? '',
    /The answers are the same for 100\.0% of the images\.$/,
  );
});
