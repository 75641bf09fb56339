import assert from 'node:assert/strict';
import { test } from 'node:test';
import { DOMParser } from 'linkedom';
import { renderJunit } from '../../src/report/junit.ts';
import { assertBalanced } from './read-text.ts';
import { hostileRecord, invalidRecord, seriesRecord, smallRecord } from './record-fixture.ts';

interface Element {
  textContent: string;
  getAttribute(name: string): string;
  querySelectorAll(selector: string): Iterable<Element>;
}

function parse(text: string): { suite: Element; cases: Element[] } {
  assertBalanced(text);
  assert.ok(text.startsWith('<?xml version="1.0" encoding="UTF-8"?>\n<testsuites '));
  const root: Element = new DOMParser().parseFromString(text, 'text/xml').documentElement;
  const [suite] = root.querySelectorAll('testsuite');
  return { suite, cases: [...suite.querySelectorAll('testcase')] };
}

test('a complete run has a passing case a model with its accuracy', () => {
  const record = seriesRecord();
  const { suite, cases } = parse(renderJunit(record));
  assert.deepEqual([suite.getAttribute('tests'), suite.getAttribute('failures')], ['14', '0']);
  assert.equal(suite.getAttribute('timestamp'), '2026-08-23T04:15:00');
  assert.equal(cases.length, 14);
  assert.equal([...suite.querySelectorAll('failure')].length, 0);
  assert.equal(cases[5].getAttribute('name'), 'EfficientNetB0 fp32');
  const { top1 } = record.models[5].accuracy;
  assert.ok(cases[5].textContent.trim().startsWith(`top1 ${top1.fraction.toFixed(4)} (`));
});

test('only the models for which a run is invalid fail, with the reason', () => {
  const record = invalidRecord();
  const { suite, cases } = parse(renderJunit(record));
  assert.equal(suite.getAttribute('failures'), '1');
  const [failure] = cases[0].querySelectorAll('failure');
  assert.equal(failure.getAttribute('message'), record.reasons[0]);
  assert.deepEqual([...cases[1].querySelectorAll('failure')], []);
  assert.match(
    cases[1].textContent,
    /^\s*invalid: top1/,
    'a sound model of an invalid run is marked',
  );
});

test('a run that is invalid as a whole fails every case', () => {
  const record = smallRecord({
    change: { status: 'invalid', reasons: ['Two sets of conditions.'] },
  });
  assert.equal(parse(renderJunit(record)).suite.getAttribute('failures'), '2');
});

test('control characters and markup in names and reasons leave the XML valid', () => {
  const { suite, cases } = parse(renderJunit(hostileRecord()));
  assert.match(suite.getAttribute('name'), /^&lt;\/td&gt;&lt;script&gt;/);
  const [failure] = cases[0].querySelectorAll('failure');
  assert.match(failure.textContent, /^tiny-a: <\/td><script>.*\\u\{0\}/);
});
