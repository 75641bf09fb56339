import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test } from 'node:test';
import { parseHTML } from 'linkedom';
import { renderHtml } from '../../src/report/html/page.ts';
import { reportPolicy } from '../../src/report/html/shell.ts';
import { mistakeRows } from '../../src/report/mistake-rows.ts';
import { makeLatency } from './latency-fixture.ts';
import { assertBalanced } from './read-text.ts';
import { hostileRecord, invalidRecord, seriesRecord, smallRecord } from './record-fixture.ts';

const series = renderHtml(seriesRecord());
const hostileText = renderHtml(hostileRecord());

interface Node {
  textContent: string;
  getAttribute(name: string): string | null;
  querySelectorAll(selector: string): Iterable<Node>;
}

const parsed = new Map<string, Node>();

function select(page: string, selector: string): Node[] {
  const document: Node = parsed.get(page) ?? parseHTML(page).document;
  parsed.set(page, document);
  return [...document.querySelectorAll(selector)];
}

test('every page is well formed', () => {
  for (const page of [
    series,
    hostileText,
    renderHtml(invalidRecord()),
    renderHtml(smallRecord()),
  ]) {
    assertBalanced(page);
  }
});

test('fourteen models on 50,000 images with latency, plots and all pictures that there may be stay under 3 MB', () => {
  const record = seriesRecord();
  const [cell] = makeLatency().cells;
  const cells = record.models.flatMap(({ id }) =>
    (['fp32', 'fp16'] as const).flatMap((precision) =>
      [1, 4, 8].map((batch) => ({ ...cell, model: id, precision, batch })),
    ),
  );
  const pictures = new Map(
    mistakeRows(record)
      .slice(0, 40)
      .map(({ key }) => [key, new Uint8Array(10_000)]),
  );
  const page = renderHtml({ ...record, latency: makeLatency({ cells }) }, { pictures });
  assert.equal(pictures.size, 40);
  assert.ok(Buffer.byteLength(page) < 3e6, `${Buffer.byteLength(page)} bytes`);
});

test('the page refers to nothing outside itself', () => {
  for (const page of [series, hostileText]) {
    assert.deepEqual(
      select(page, '[src],[href],[action],[data],link,iframe,object,img,form,base'),
      [],
    );
    const [style] = select(page, 'style');
    assert.doesNotMatch(style.textContent, /url\(|@import|@font-face/);
    const [script] = select(page, 'script');
    assert.doesNotMatch(script.textContent, /fetch|XMLHttp|import|https?:/);
  }
});

test('the policy admits exactly the style sheet and the script of the page', () => {
  const hash = (text: string) => `'sha256-${createHash('sha256').update(text).digest('base64')}'`;
  for (const page of [series, hostileText]) {
    const [styles, scripts] = [select(page, 'style'), select(page, 'script')];
    assert.deepEqual([styles.length, scripts.length], [1, 1]);
    const [meta] = select(page, 'meta[http-equiv="Content-Security-Policy"]');
    assert.equal(meta.getAttribute('content'), reportPolicy);
    assert.ok(reportPolicy.includes(`style-src ${hash(styles[0].textContent)};`));
    assert.ok(reportPolicy.includes(`script-src ${hash(scripts[0].textContent)};`));
    assert.ok(reportPolicy.startsWith("default-src 'none'; "));
    assert.deepEqual(select(page, '[style]'), [], 'the policy would drop style attributes');
    const handlers = select(page, '*').filter((node) =>
      ['onclick', 'onload', 'onerror'].some((name) => node.getAttribute(name) !== null),
    );
    assert.deepEqual(handlers, []);
  }
});

test('hostile names, keys, classes and reasons stay text', () => {
  assert.doesNotMatch(hostileText, /<script>alert|<\/td><script/);
  const [title] = select(hostileText, 'h1');
  assert.match(title.textContent, /^<\/td><script>alert\("x"\)<\/script>/);
  assert.match(title.textContent, /\\u\{202e\}\\u\{7\}\\u\{0\}/);
});

test('an invalid run says so before anything else and marks every accuracy', () => {
  const page = renderHtml(invalidRecord());
  assert.match(page, /<main>\s*<section class="banner" role="alert"><p><strong>invalid<\/strong>/);
  assert.match(page, /<title>invalid: /);
  const [table] = select(page, 'table');
  const marked = [...table.querySelectorAll('td b')].length;
  assert.equal(marked, 4);
  assert.equal([...table.querySelectorAll('.mark')].length, marked);
  for (const heading of select(page, '.charts h3'))
    assert.match(heading.textContent, /\(invalid\)$/);
  assert.doesNotMatch(series, /class="banner"|class="mark"/);
});

test('the accuracy table has a row a model with the exact counts and the labelled interval', () => {
  const record = seriesRecord();
  const [table] = select(series, 'table');
  const rows = [...table.querySelectorAll('tbody tr')];
  assert.equal(rows.length, 14);
  const cells = [...rows[5].querySelectorAll('td')].map(({ textContent }) => textContent);
  const { top1 } = record.models[5].accuracy;
  assert.equal(cells[0], 'EfficientNetB0');
  assert.ok(
    cells[1].startsWith(
      `${(top1.fraction * 100).toFixed(2)}%${top1.correct.toLocaleString('en-GB')} / 50,000`,
    ),
  );
  assert.equal(cells[3], '77.38%reference 77.3%');
  const difference = 100 * (top1.fraction - 0.7738);
  assert.match(cells[5], /^[+−]?\d\.\d\d(agrees|differs)$/);
  assert.equal(
    Number(cells[5].replace('−', '-').replace(/[a-z]+$/, '')).toFixed(2),
    difference.toFixed(2),
  );
  assert.deepEqual(cells.slice(7), ['0.772printed 0.720', '5.289printed 5.100']);
  assert.match(series, /95% Wilson interval, for unseen images/);
});

test('columns that no model can fill are left out', () => {
  const page = renderHtml(smallRecord({ models: [{ id: 'a', top1: 0.5, top5: 0.9 }] }));
  const [table] = select(page, 'table');
  assert.deepEqual(
    [...table.querySelectorAll('th')].map(({ textContent }) => textContent),
    ['Model', 'Top-1', 'Top-5'],
  );
});

test('there is a chart of each kind, described for those who do not see it', () => {
  const names = select(series, '.chart svg').map((chart) => chart.getAttribute('aria-label'));
  assert.deepEqual(names, [
    'Top-1 accuracy of each model with its 95% interval for unseen images',
    'Top-5 accuracy of each model with its 95% interval for unseen images',
    'Share of the images by the rank of their label, for each model',
    'Number of classes by their top-1 accuracy, for each model',
    'Top-1 accuracy against FLOPs',
    'Top-1 accuracy against parameters',
    'Top-1 accuracy against FP32 time of one image',
    'Top-1 accuracy against FP16 time of one image',
  ]);
  assert.equal(
    select(renderHtml(smallRecord()), '.chart svg').length,
    4,
    'one cost is no comparison',
  );
});

test('a chart draws the counts of the record', () => {
  const record = smallRecord({ models: [{ id: 'a', top1: 0.5, top5: 0.9, undecodable: 20 }] });
  const [, , outcome] = select(renderHtml(record), '.chart svg');
  const { top1, top5, scored } = record.models[0].tally;
  const titles = [...outcome.querySelectorAll('rect title')].map(({ textContent }) => textContent);
  assert.deepEqual(titles, [
    `a: rank 1, ${top1} images`,
    `a: rank 2 to 5, ${top5 - top1} images`,
    `a: rank 6 or more, ${scored - top5} images`,
    'a: failed, 20 images',
  ]);
});

test('the table of classes has a row a class', () => {
  const table = select(series, 'table.classes')[0];
  assert.equal([...table.querySelectorAll('tbody tr')].length, 1000);
});

test('a record of no model at all is still a page', () => {
  assertBalanced(renderHtml({ ...smallRecord(), models: [] }));
});
