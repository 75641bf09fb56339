import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import type { RunRecord } from '../../src/scoring/run-record.ts';
import { classes, correct, images, specText, writeSmallSet } from './small-set.ts';
import { makePlace } from './topfive.ts';

const place = makePlace();
const at = (...path: string[]) => join(place.directory, ...path);
before(() => writeSmallSet(place.directory));
after(() => place.remove());

const nameOf = (index: number) => `image-${String(index).padStart(3, '0')}.png`;
const everyImage = Array.from({ length: images }, (_, index) => index);
/** What the model answers: every colour is known. */
const answers = everyImage.map((index) => index % classes);

async function runWith(sets: string, more = '') {
  const dataset = `dataset: { uri: ./val, labels: ./val_list.txt, labelSets: ${sets} }`;
  writeFileSync(at('sets.yaml'), specText(more).replace(/^dataset: .*$/m, dataset));
  return place.topfive('run', 'sets.yaml', '--workers', '1', '--out', 'out', '--json');
}

function write(name: string, content: unknown): void {
  writeFileSync(at(name), typeof content === 'string' ? content : JSON.stringify(content));
}

test('further label sets are scored in the same pass, over the images that they judge', async () => {
  write('real.json', [...answers.map((answer) => [9 - answer, answer])].with(3, []).with(5, []));
  write(
    'wrong.json',
    Object.fromEntries(everyImage.map((k) => [nameOf(k), (answers[k] + 1) % 10])),
  );
  write('some.txt', `${nameOf(7)} ${answers[7]}\n${nameOf(8)} ${(answers[8] + 1) % 10}\n`);
  const { code, stdout, stderr } = await runWith(
    '[{ name: real, uri: ./real.json }, { name: wrong, uri: ./wrong.json }, { name: some, uri: ./some.txt }]',
  );
  assert.equal(code, 0, stderr);
  const record: RunRecord = JSON.parse(stdout);
  for (const { accuracy, labelSets } of record.models) {
    assert.equal(accuracy.top1.correct, correct);
    const counts = labelSets.map(({ name, judged, top1 }) => [name, judged, top1.correct]);
    assert.deepEqual(counts, [
      ['real', images - 2, images - 2],
      ['wrong', images, 0],
      ['some', 2, 1],
    ]);
  }
  assert.deepEqual(
    record.dataset.labelSets.map(({ name }) => name),
    ['real', 'wrong', 'some'],
  );
  for (const file of ['report.md', 'report.html']) {
    const text = readFileSync(at('out', file), 'utf8');
    assert.ok(text.includes('Further labels') && text.includes('Images judged'), file);
  }
});

test('a drawn part of the images is judged by the classes of those images', async () => {
  write(
    'real.json',
    answers.map((answer, index) => (index % 4 === 0 ? [] : [answer])),
  );
  const { stdout, stderr } = await runWith(
    '[{ name: real, uri: ./real.json }]',
    'subset: { size: 20, seed: 5 }\n',
  );
  const { models }: RunRecord = JSON.parse(stdout || assert.fail(stderr));
  const [{ judged, top1 }] = models[0].labelSets;
  assert.ok(judged > 5 && judged < 20);
  assert.equal(top1.correct, judged);
});

for (const [what, content, told] of [
  ['of another length', [[1], [2]], /has 2 entries, and the dataset 40 images/],
  ['about another image', { 'other.png': 1 }, /classes for other\.png, which is no image/],
  ['that judges nothing', answers.map(() => []), /classes for none of them/],
  [
    'with a class out of range',
    answers.map(() => [10]),
    /class 10 of the label set real .* 10 classes/,
  ],
  ['that is not JSON', '[[1], [2', /A JSON array with a list of class indices/],
  ['with classes that are no indices', [['cat']], /A JSON array with a list of class indices/],
] as const) {
  test(`a label set ${what} is refused in one sentence before the first image`, async () => {
    write('real.json', content);
    const { code, stdout, stderr } = await runWith('[{ name: real, uri: ./real.json }]');
    assert.equal(code, 2, stderr);
    assert.equal(stdout, '');
    assert.match(stderr, told);
    assert.match(stderr, /^error: [^\n]+\n$/);
  });
}

for (const [sets, told] of [
  ['[{ name: real, uri: ./nowhere.json }]', /nowhere\.json, and there is no such file/],
  ['[{ name: a, uri: ./real.json }, { name: a, uri: ./real.json }]', /a name of its own/],
  ['[{ name: a b, uri: ./real.json }]', /the name of a label set is made of letters/],
] as const) {
  test(`labelSets: ${sets} is refused in one sentence`, async () => {
    const { code, stderr } = await runWith(sets);
    assert.equal(code, 2);
    assert.match(stderr, told);
    assert.match(stderr, /^error: [^\n]+\n$/);
  });
}
