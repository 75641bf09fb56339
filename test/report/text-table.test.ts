import assert from 'node:assert/strict';
import { test } from 'node:test';
import { summaryTable } from '../../src/report/text-table.ts';
import { hostileRecord, invalidRecord, seriesRecord } from './record-fixture.ts';

test('the summary has a line a model with aligned figures', () => {
  const record = seriesRecord();
  const text = summaryTable(record, { plain: false });
  assert.match(text, /^complete: efficientnet-sweep, 14 models, 50,000 images\./);
  const rows = text.split('\n').filter((line) => / \/ 50,000 /.test(line));
  assert.equal(rows.length, 14);
  assert.equal(new Set(rows.map((row) => row.indexOf(' / 50,000'))).size, 1);
  assert.ok(rows[5].startsWith('EfficientNetB0 '));
  assert.ok(rows[5].includes(`${(record.models[5].accuracy.top1.fraction * 100).toFixed(2)}%`));
  assert.match(text, /50,000 images expected = 49,997 scored \+ 3 undecodable/);
});

test('plain output has no box character, no colour and no trailing space', () => {
  const text = summaryTable(seriesRecord(), { plain: true });
  assert.doesNotMatch(text, /(?!\n)[\p{Cc}\u2500-\u257f]| $/mu);
  assert.match(summaryTable(seriesRecord(), { plain: false }), /─/);
});

test('an invalid run says so first and marks every line', () => {
  const lines = summaryTable(invalidRecord(), { plain: true }).split('\n');
  assert.match(lines[0], /^invalid: /);
  assert.match(lines[1], /2 images of the manifest are missing/);
  const rows = lines.filter((line) => / \/ 200 /.test(line));
  assert.equal(rows.length, 2);
  assert.ok(rows.every((row) => row.endsWith('invalid')));
});

test('text of others cannot steer the terminal', () => {
  assert.doesNotMatch(summaryTable(hostileRecord(), { plain: true }), /(?!\n)[\p{Cc}\u202e]/u);
});
