import assert from 'node:assert/strict';
import { test } from 'node:test';
import { renderHtml } from '../../src/report/html/page.ts';
import { picturePolicy, reportPolicy } from '../../src/report/html/shell.ts';
import { mistakeRows } from '../../src/report/mistake-rows.ts';
import type { RunRecord } from '../../src/scoring/run-record.ts';
import { assertBalanced } from './read-text.ts';
import { smallRecord } from './record-fixture.ts';

function recordOf(): RunRecord {
  const record = smallRecord();
  const [a, b] = record.models;
  const mistake = (key: string, probability: number) => ({
    key,
    label: 1,
    predicted: 2,
    probability,
  });
  const models = [
    { ...a, mistakes: [mistake('<b>x', 0.8), mistake('y', 0.5)] },
    { ...b, mistakes: [mistake('y', 0.9)] },
  ];
  return { ...record, models };
}

test('one row an image, by the surest answer, with each model that has it', () => {
  const rows = mistakeRows(recordOf());
  assert.deepEqual(
    rows.map(({ key, answers }) => [key, answers.map(({ model }) => model)]),
    [
      ['y', ['tiny-b', 'tiny-a']],
      ['<b>x', ['tiny-a']],
    ],
  );
});

test('pictures stand in the page under a policy that admits them; without any there is none', () => {
  const pictures = new Map([['y', new Uint8Array([0xff, 0xd8, 0xff])]]);
  const page = renderHtml(recordOf(), { pictures });
  assertBalanced(page);
  assert.equal(page.match(/<img /g)?.length, 1);
  assert.match(page, /src="data:image\/jpeg;base64,\/9j\/"/);
  assert.ok(page.includes(picturePolicy));
  assert.doesNotMatch(page, /<b>x/);
  const bare = renderHtml(recordOf());
  assert.doesNotMatch(bare, /<img /);
  assert.ok(bare.includes(reportPolicy) && !bare.includes(picturePolicy));
});

test('a run without mistakes has no such section', () => {
  const record = smallRecord();
  const models = record.models.map((model) => ({ ...model, mistakes: [] }));
  assert.doesNotMatch(renderHtml({ ...record, models }), /Surest mistakes/);
});
