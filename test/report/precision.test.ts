import assert from 'node:assert/strict';
import { test } from 'node:test';
import { renderHtml } from '../../src/report/html/page.ts';
import { renderMarkdown } from '../../src/report/markdown.ts';
import { summaryTable } from '../../src/report/text-table.ts';
import { precisionPairs } from '../../src/scoring/precision-pair.ts';
import { columnsOf } from '../scoring/sides.ts';
import { assertBalanced } from './read-text.ts';
import { hostile, smallRecord } from './record-fixture.ts';

const loss = {
  from: 'a'.repeat(64),
  values: 5_267_540,
  clamped: 0,
  clampedIn: [] as string[],
  flushed: 2,
};
const figures = { top1: 0.6, top5: 0.9 };

function bothRecord(key: string, conversion = loss) {
  const rows = Array.from({ length: 200 }, (_, image) => ({
    key: `${key}-${image}`,
    label: 3,
    from: [[3, 0.75 - image / 1000]] as [number, number][],
    to: [[image % 50 === 7 ? 4 : 3, 0.7 - image / 1000]] as [number, number][],
  }));
  const columns = columnsOf(rows);
  return smallRecord({
    models: [
      { id: 'b0', ...figures },
      { id: 'b0', precision: 'fp16', conversion, ...figures },
      { id: 'other', ...figures },
    ],
    change: {
      precisions: precisionPairs(
        [
          { id: 'b0', precision: 'fp32', predictions: columns.baseline },
          { id: 'b0', precision: 'fp16', predictions: columns.candidate },
        ],
        columns,
      ),
    },
  });
}

const textOf = (html: string) => html.replace(/<[^>]*>/g, ' ').replace(/\s+/g, ' ');

test('Markdown and HTML say what fp16 is here, what changes, and which images flip', () => {
  const record = bothRecord('image');
  const markdown = renderMarkdown(record);
  const html = textOf(renderHtml(record));
  for (const text of [markdown, html]) {
    assert.match(
      text,
      /b0 \(fp16\): fp16 weights, fp32 arithmetic \(provider cpu\); 5,267,540 weights in fp16, of which none clamped to ±65504 and 2 rounded to 0\./,
    );
    assert.match(text, /4 of 4, the largest loss of margin first\./);
    assert.match(text, /image-157/);
  }
  assert.match(
    markdown,
    /\| b0 \| 98\.00% \| 4 \| 0 \| 0 \| 1\.0000 \| 0\.9800 \| -0\.0200 \| -0\.0200 \|/,
  );
  assert.match(html, / b0 98\.00% 4 0 0 1\.0000 0\.9800 −0\.0200 −0\.0200 /);
  assert.match(
    markdown,
    /provider cpu, fp32, batch 4; cpu, fp16 weights, fp32 arithmetic, batch 4\./,
  );
});

test('the summary says it in a line', () => {
  const lines = summaryTable(bothRecord('image'), { plain: true }).split('\n');
  assert.ok(
    lines.includes(
      'b0: fp16 gives the same top-1 answer as fp32 on 98.00% of the images (196 of 200); 4 lost, 0 gained.',
    ),
    lines.join('\n'),
  );
});

test('clamped weights are told with the names of their tensors', () => {
  const clampedIn = ['fc.weight', 'conv1.weight', 'a', 'b', 'c'];
  const markdown = renderMarkdown(bothRecord('image', { ...loss, clamped: 1234, clampedIn }));
  assert.match(markdown, /1,234 clamped to ±65504 \(in fc\.weight, conv1\.weight, a and 2 more\)/);
});

test('a run of one precision has no such section', () => {
  assert.doesNotMatch(renderMarkdown(smallRecord()), /## Precision/);
  assert.doesNotMatch(renderHtml(smallRecord()), /<h2>Precision/);
});

test('an invalid run marks it, and text of others stays text', () => {
  const record = bothRecord(hostile, { ...loss, clamped: 1, clampedIn: [hostile] });
  const invalid = { ...record, status: 'invalid' as const, reasons: ['why'] };
  const html = renderHtml(invalid);
  assertBalanced(html);
  assert.doesNotMatch(html, /<script>alert/);
  assert.match(html, /<h2>Precision \(invalid\)<\/h2>/);
  const markdown = renderMarkdown(invalid);
  assert.match(markdown, /## Precision \(invalid\)/);
  assert.doesNotMatch(markdown, /<script>alert(?!.*`)/);
  assert.doesNotMatch(summaryTable(invalid, { plain: true }), /(?!\n)[\p{Cc}\u202e]/u);
});
