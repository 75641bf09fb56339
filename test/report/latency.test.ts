import assert from 'node:assert/strict';
import { test } from 'node:test';
import { renderHtml } from '../../src/report/html/page.ts';
import { latencySection, renderLatency } from '../../src/report/latency-markdown.ts';
import {
  latencyHead,
  latencyNotes,
  latencyRows,
  quotedText,
  significant,
} from '../../src/report/latency-rows.ts';
import { renderMarkdown } from '../../src/report/markdown.ts';
import { makeLatency } from './latency-fixture.ts';
import { smallRecord } from './record-fixture.ts';

test('figures have four digits, and an interval as many decimals as its value', () => {
  assert.equal(significant(6.7123), '6.712');
  assert.equal(significant(123.456), '123.5');
  assert.equal(significant(0.0123456), '0.01235');
  assert.equal(significant(98765), '98765');
  assert.equal(quotedText({ value: 10, interval: { low: 9.9, high: 10.1 } }), '10.00 ± 0.10');
  assert.equal(quotedText({ value: 10, interval: null }), '10.00');
});

test('a row a cell: figures and what is wrong with them, or a dash in each place and the reason', () => {
  const [quiet, busy, absent] = latencyRows(makeLatency());
  for (const row of [quiet, busy, absent]) assert.equal(row.length, latencyHead.length);
  assert.deepEqual(quiet.slice(0, 6), [
    ...['EfficientNetB0', 'fp32', '1', '256, 224', '10.00 ± 0.10', '-'],
  ]);
  assert.equal(quiet.at(-1), '');
  assert.equal(busy.at(-1), 'unstable, invalid');
  assert.deepEqual(absent.slice(4), [...Array(7).fill('-'), 'it does not fit <b>']);
});

test('every unstable or invalid figure has its reason in a sentence', () => {
  assert.deepEqual(latencyNotes(makeLatency()), [
    'EfficientNetB0 fp32 batch 4 is unstable: in 5 of 5 restarts other work kept up to 0.98 cores busy',
    'EfficientNetB0 fp32 batch 4 is invalid: 60 queries, where single-stream needs 64',
  ]);
});

test('the page has the figure of the mode, the verdict of its rules and the method', () => {
  const page = renderLatency(makeLatency());
  assert.match(page, /^# Latency: sweep\n\n2026-11-23 18:47 UTC/);
  assert.match(page, /\| EfficientNetB0 fp32 batch 1 \| 10\.10 \| valid \| 100 queries/);
  assert.match(page, /\| EfficientNetB0 fp32 batch 4 \| - \| invalid \| 60 queries/);
  assert.match(page, /it does not fit &lt;b&gt;/);
  assert.match(page, /Governor performance, boost -, power cap -/);
  const cancelled = renderLatency(makeLatency({ status: 'cancelled' }));
  assert.match(cancelled, /\*\*Cancelled before its end\.\*\*/);
});

test('a run that measured latency shows it; one that was not asked to says nothing', () => {
  const without = smallRecord();
  assert.equal(without.latency, null);
  assert.equal(latencySection(null), null);
  assert.doesNotMatch(renderMarkdown(without) + renderHtml(without), /Latency/);
  const record = { ...without, latency: makeLatency() };
  assert.match(renderMarkdown(record), /^## Latency$/m);
  assert.match(renderHtml(record), /<summary>Latency<[\s\S]*it does not fit &lt;b&gt;/);
});

test('a run whose latency could not be measured says why', () => {
  const latency = { kind: 'unmeasured', reason: 'the device went away' } as const;
  const record = { ...smallRecord(), latency };
  assert.match(renderMarkdown(record), /It could not be measured: the device went away/);
  assert.match(renderHtml(record), /It could not be measured: the device went away/);
});
