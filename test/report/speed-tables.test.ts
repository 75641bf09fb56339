import assert from 'node:assert/strict';
import { test } from 'node:test';
import { cards } from '../../src/models/cards.ts';
import { renderHtml } from '../../src/report/html/page.ts';
import { renderMarkdown } from '../../src/report/markdown.ts';
import { pageRows } from '../../src/report/page-rows.ts';
import { speedTables } from '../../src/report/speed-tables.ts';
import type { RunRecord } from '../../src/scoring/run-record.ts';
import { makeLatency } from './latency-fixture.ts';
import { seriesRecord, smallRecord } from './record-fixture.ts';

const ids = cards.map(({ id }) => id);

/** A run of EfficientNetB0, and of a model without a card. */
function partialRecord(change: Partial<RunRecord> = {}): RunRecord {
  const { models, ...rest } = seriesRecord();
  const [own] = smallRecord().models;
  const b0 = models.filter(({ id }) => id === 'EfficientNetB0');
  return { ...rest, models: [{ ...own, id: 'own' }, ...b0], ...change };
}

test('every card has its row, in the order of the page, and models without one follow', () => {
  const rows = pageRows(partialRecord());
  assert.deepEqual(
    rows.map(({ label }) => label),
    [...ids, 'own'],
  );
  assert.deepEqual(
    rows.flatMap(({ label, result }) => (result ? [label] : [])),
    ['EfficientNetB0', 'own'],
  );
  assert.deepEqual(
    pageRows(smallRecord()).map(({ label }) => label),
    ['tiny-a', 'tiny-b'],
  );
});

test('a table a device of the series: published figures in every row, a reason at every dash', () => {
  const [v100, t4, ...none] = speedTables(partialRecord({ latency: makeLatency() }));
  assert.deepEqual(none, []);
  assert.match(v100.title, /V100$/);
  assert.deepEqual(
    t4.columns.map(({ device, head }) => `${device ?? 'here'} ${head.slice(0, 2).join(' ')}`),
    ['here', 'T4'].flatMap((device) =>
      ['FP16', 'FP32'].flatMap((precision) =>
        [1, 4, 8].map((batch) => `${device} ${precision} batch ${batch}`),
      ),
    ),
  );
  for (const { rows, footnotes } of [v100, t4]) {
    assert.equal(rows.length, 15);
    for (const { text } of rows.flatMap(({ cells }) => cells)) assert.notEqual(text, '-');
    assert.ok(footnotes.reasons().includes('not in this run'));
  }
  assert.deepEqual(
    v100.rows.map(({ cells }) => cells[1].value),
    [...cards.map(({ published }) => published.latency.cells[0].ms), null],
  );
  const b0 = v100.rows[ids.indexOf('EfficientNetB0')];
  assert.deepEqual(
    [b0.crop, b0.resizeShort, b0.cells[0].text, b0.cells[0].half],
    ['224', '256', '10.00', '± 0.10'],
  );
});

test('each kind of dash has its own reason, and an unstable figure says that it is one', () => {
  const [, { rows, footnotes }] = speedTables(partialRecord({ latency: makeLatency() }));
  const reasons = footnotes.reasons();
  const { cells } = rows[ids.indexOf('EfficientNetB0')];
  const reasonOf = (text: string) => {
    const [raised] = /[⁰¹²³⁴-⁹]+$/.exec(text) ?? [''];
    return reasons[Number([...raised].map((digit) => '⁰¹²³⁴⁵⁶⁷⁸⁹'.indexOf(digit)).join('')) - 1];
  };
  assert.equal(reasonOf(cells[0].text), 'not among the batches and precisions of the spec');
  assert.equal(reasonOf(cells[5].text), 'it does not fit <b>');
  assert.match(reasonOf(cells[4].fault ?? ''), /^unstable: .*; invalid: 60 queries/);
  assert.match(cells[4].fault ?? '', /^unstable, invalid[¹²³⁴-⁹]/);
  assert.equal(reasonOf(rows[ids.indexOf('EfficientNetB7')].cells[8].text), 'not published');
  assert.equal(reasonOf(rows[14].cells[6].text), 'nothing is published of it');
});

test('without a measurement the published columns stand and the reason is said', () => {
  const [asked] = speedTables(partialRecord());
  assert.deepEqual(asked.footnotes.reasons()[1], 'the spec asked for no latency');
  const latency = { kind: 'unmeasured', reason: 'the device went away' } as const;
  const [failed] = speedTables(partialRecord({ latency }));
  assert.deepEqual(failed.footnotes.reasons()[1], 'the device went away');
});

test('a figure of a query that is no batch does not stand as one', () => {
  const [cell] = makeLatency().cells;
  const measured = cell.measured && { ...cell.measured, imagesPerQuery: 8 };
  const latency = makeLatency({ mode: 'multi-stream', cells: [{ ...cell, measured }] });
  const [{ footnotes }] = speedTables(partialRecord({ latency }));
  assert.match(footnotes.reasons()[1], /^a query of mode multi-stream has 8 images/);
});

test('a run without a card of the registry has its own rows alone, and no table when nothing was measured', () => {
  assert.deepEqual(speedTables(smallRecord()), []);
  const [cell] = makeLatency().cells;
  const latency = makeLatency({ cells: [{ ...cell, model: 'tiny-a', batch: 2 }] });
  const [{ rows, columns }, ...none] = speedTables({ ...smallRecord(), latency });
  assert.deepEqual(none, []);
  assert.deepEqual(
    rows.map(({ label }) => label),
    ['tiny-a', 'tiny-b'],
  );
  assert.deepEqual(
    columns.map(({ head }) => head.join(' ')),
    ['FP32 batch 2 (ms)'],
  );
});

test('both formats hold the tables, and text of others in a reason stays text', () => {
  const record = partialRecord({ latency: makeLatency() });
  const markdown = renderMarkdown(record);
  assert.match(markdown, /## Speed on this machine, beside a V100\n\n\| Models \| Crop size/);
  assert.match(markdown, /\| EfficientNetB7 \| 600 \| 632 \| -¹ \| 27\.817 \|/);
  assert.match(markdown, /\d\. it does not fit &lt;b&gt;/);
  const html = renderHtml(record);
  assert.match(html, /<h2>Speed by precision and batch, beside a T4<\/h2>/);
  assert.match(html, /<li><bdi>it does not fit &lt;b&gt;<\/bdi><\/li>/);
  assert.doesNotMatch(html, /<b>it|it does not fit <b>/);
});
