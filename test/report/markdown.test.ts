import assert from 'node:assert/strict';
import { test } from 'node:test';
import { renderMarkdown } from '../../src/report/markdown.ts';
import { hostileRecord, invalidRecord, seriesRecord, smallRecord } from './record-fixture.ts';

/** Cells of every table: a list of tables, each a list of rows. */
function tablesOf(text: string): string[][][] {
  const blocks = text.split(/\n\n+/).filter((block) => block.startsWith('| '));
  return blocks.map((block) =>
    block.split('\n').map((line) => line.replace(/^\| | \|$/g, '').split(/ (?<!\\)\| /)),
  );
}

test('the report starts with its name and status', () => {
  const [title, , status] = renderMarkdown(seriesRecord()).split('\n');
  assert.equal(title, '# efficientnet-sweep');
  assert.match(status, /^\*\*complete\*\* – 14 models in fp32 on 50,000 images of /);
});

test('an invalid run says so and why before anything else, and marks every accuracy', () => {
  const text = renderMarkdown(invalidRecord());
  const [first, , reason] = text.split('\n');
  assert.match(first, /^\*\*invalid\*\*/);
  assert.equal(reason, '- tiny-a: 2 images of the manifest are missing, 9 have no answer');
  const [, , accuracy, counts] = tablesOf(text);
  for (const row of accuracy.slice(2)) {
    assert.match(row[1], / \(invalid\)$/);
    assert.match(row[2], / \(invalid\)$/);
  }
  for (const cell of counts.slice(2).flatMap((row) => row.slice(1)))
    assert.match(cell, / \(invalid\)$/);
  assert.match(text, /## Classes \(invalid\)/);
});

test('every row of every table has as many cells as its header', () => {
  for (const record of [seriesRecord(), smallRecord(), invalidRecord(), hostileRecord()]) {
    for (const [header, ...rows] of tablesOf(renderMarkdown(record))) {
      for (const row of rows) assert.equal(row.length, header.length, row.join('|'));
    }
  }
});

test('the accuracy table has the published figures, the difference and the cost of each model', () => {
  const record = seriesRecord();
  const [, , accuracy, counts] = tablesOf(renderMarkdown(record));
  assert.equal(
    accuracy[0].join(' ').replaceAll('<br>', ' '),
    'Models Top1 Top5 Published top1 Published top5 Difference top1 Difference top5 Reference top1 Reference top5 FLOPS (G) Parameters (M)',
  );
  const { top1, top5 } = record.models[2].accuracy;
  assert.deepEqual(accuracy[4].slice(0, 5), [
    'ResNeXt101_32x32d_wsl',
    top1.fraction.toFixed(4),
    top5.fraction.toFixed(4),
    '0.8497',
    '0.9759',
  ]);
  const [difference, word] = accuracy[4][5].split('<br>');
  assert.equal(Number(difference).toFixed(4), (top1.fraction - 0.8497).toFixed(4));
  assert.match(word, /^(agrees|differs)$/);
  assert.deepEqual(accuracy[4].slice(7), [
    '0.851',
    '0.975',
    '174.214<br>printed 115.170',
    '468.530<br>printed 303.110',
  ]);
  assert.deepEqual(accuracy[15].slice(7, 9), ['-¹', '-¹']);
  assert.match(counts[0][2], /95% Wilson interval,<br>for unseen images/);
  assert.equal(counts[4][1], `${top1.correct.toLocaleString('en-GB')} / 50,000`);
  assert.equal(counts[4][2], `${top1.low.toFixed(4)} to ${top1.high.toFixed(4)}`);
});

test('a model without a cost has a dash and the reason', () => {
  const text = renderMarkdown(smallRecord());
  const [, accuracy] = tablesOf(text);
  assert.match(text, /\n1\. nothing is published of it\n2\. not counted\n/);
  assert.deepEqual(accuracy[3].slice(9), ['-²', '-²']);
});

test('coverage is complete and failures are listed up to a bound', () => {
  const record = smallRecord({
    imagesPerClass: 40,
    models: [{ id: 'a', top1: 0.5, top5: 0.9, undecodable: 60 }],
  });
  const text = renderMarkdown(record);
  const [coverage, failures] = tablesOf(text);
  assert.deepEqual(coverage[2], ['a', '400', '340', '60', '0', '0']);
  assert.equal(failures.length - 2, 50);
  assert.match(text, /10 further failures \(images × models\) are in report\.json/);
});

test('text of others brings no markup, no link and no mention', () => {
  const text = renderMarkdown(hostileRecord());
  const withoutCode = text.replace(/(?<![\\`])(`+)(?!`)[\s\S]*?(?<!`)\1(?!`)/g, '');
  assert.doesNotMatch(withoutCode, /<(?!br>|\/?details>|\/?summary>)/);
  assert.doesNotMatch(withoutCode, /:\/\/|(?<!\\)\]\(|@user/);
  assert.doesNotMatch(text, /(?!\n)[\p{Cc}\u202e]/u);
});

test('a name of a registry card reads as it is written', () => {
  assert.match(renderMarkdown(seriesRecord()), /\| Fix_ResNeXt101_32x48d_wsl \|/);
});
