import assert from 'node:assert/strict';
import { test } from 'node:test';
import { DOMParser, parseHTML } from 'linkedom';
import { comparisonAnnotations } from '../../src/report/annotations.ts';
import { comparisonFiles, renderComparison } from '../../src/report/comparison-render.ts';
import { comparisonText } from '../../src/report/comparison-text.ts';
import { picturePolicy, reportPolicy } from '../../src/report/html/shell.ts';
import {
  hostileComparison,
  makeComparison,
  passRecord,
  refusedRecord,
  regressionRecord,
} from './comparison-fixture.ts';
import { assertBalanced } from './read-text.ts';

interface Element {
  textContent: string;
  getAttribute(name: string): string | null;
  querySelectorAll(selector: string): Iterable<Element>;
}

const record = regressionRecord();
const markdown = renderComparison(record, { format: 'md' });

function selectIn(page: string, selector: string): Element[] {
  const { document }: { document: Element } = parseHTML(page);
  return [...document.querySelectorAll(selector)];
}

test('the verdict stands first, in plain words, and what changed above the numbers', () => {
  const text = comparisonText(record);
  const [first] = text.split('\n');
  assert.equal(first, 'regression: b0 top-1 lost more than the margin on these images.');
  const places = ['What changed', 'Gates, in images', 'b0: 97.00% of'].map((part) =>
    text.indexOf(part),
  );
  assert.ok(
    places.every((place, index) => place > (places[index - 1] ?? 0)),
    String(places),
  );
  assert.match(text, /weights +b0\.onnx, SHA-256 1{12} +b0-new\.onnx, SHA-256 2{12} +b0\n/);
  assert.match(text, /batch size +8 +16 +all models\n/);
  assert.match(text, /b0 +top-1 +100\.00% +97\.00% +30 +0 +-30 +2 +0 +9\.3e-10 +regression\n/);
  assert.match(text, /b1: Every answer is the same/);
  assert.match(text, /20 further flips in compare\.json/);
  assert.match(text, /Note: In the baseline only, and so not compared: b2 \(fp32\)\./);
  assert.match(text, /Note: Noise not calibrated: /);
});

test('a pass says whether anything changed at all', () => {
  assert.match(
    comparisonText(passRecord()),
    /^pass: every answer is the same as in the baseline\./,
  );
  const within = makeComparison({ lost: { b0: 2 } });
  assert.match(
    comparisonText(within),
    /^pass: no gate loses more than its margin on these images\./,
  );
  assert.match(comparisonText(within), /What changed\n {2}Nothing: models, recipes/);
});

test('under population the p-values decide, and the smallest detectable drop is noted', () => {
  const unseen = makeComparison({ lost: { b0: 30 }, change: { estimand: 'population' } });
  const text = comparisonText(unseen);
  assert.match(text, /^regression: a loss is proven for unseen images: b0 top-1\.\n/);
  assert.match(text, /p of a loss +p of the margin +verdict/);
  assert.match(text, /Note: Smallest drop that such a comparison finds .*: 1\.\d{3} points\./);
});

test('a refused comparison gives its reasons and no numbers', () => {
  const refused = refusedRecord();
  assert.match(
    comparisonText(refused),
    /^invalid: these runs cannot be compared, .*: Labels differ for 3 images\. The recipes differ\.\n/,
  );
  for (const format of ['text', 'md', 'html'] as const) {
    assert.doesNotMatch(renderComparison(refused, { format }), /Gates/);
  }
});

test('the Markdown summary is short, has every gate and folds the flips', () => {
  assert.match(markdown, /^## topfive: regression\n\n\*\*b0 top-1 lost more than the margin/);
  assert.match(markdown, /\| b0 \| top-1 \| 100\.00% \| 97\.00% \| 30 \| 0 \| -30 \|/);
  assert.match(markdown, /\| b0 \| top-5 \| .* \| 0 \| 0 \| \+0 \|/);
  assert.match(markdown, /<details>\n<summary>Flips of b0<\/summary>/);
  assert.match(markdown, /10 further flips in compare\.json\./);
  assert.match(
    renderComparison(refusedRecord(), { format: 'md' }),
    /- Labels differ for 3 images\./,
  );
  assert.ok(markdown.length < 6000, `${markdown.length}`);
});

test('fourteen models fit a comment on a pull request, and a few screens of a terminal', () => {
  const lost = Object.fromEntries(
    Array.from({ length: 14 }, (_, at) => [`EfficientNetB${at}`, 400]),
  );
  const classNames = Array.from(
    { length: 10 },
    (_, at) => `${'a rather long name '.repeat(8)}${at}`,
  );
  const series = makeComparison({ lost, classNames });
  assert.ok(renderComparison(series, { format: 'md' }).length < 65_536);
  assert.ok(comparisonText(series).split('\n').length < 170);
});

test('JUnit has a test a gate: regressions fail, refused models are errors', () => {
  const parse = (text: string) => {
    assertBalanced(text);
    const root: Element = new DOMParser().parseFromString(text, 'text/xml').documentElement;
    const [suite] = root.querySelectorAll('testsuite');
    return suite;
  };
  const counts = (suite: Element) =>
    ['tests', 'failures', 'errors'].map((name) => suite.getAttribute(name));
  const suite = parse(renderComparison(record, { format: 'junit' }));
  assert.deepEqual(counts(suite), ['4', '1', '0']);
  const [failed] = suite.querySelectorAll('failure');
  assert.match(failed.getAttribute('message') ?? '', /^regression: 30 fewer images are right/);
  const names = [...suite.querySelectorAll('testcase')].map((one) => one.getAttribute('name'));
  assert.deepEqual(names, ['b0 top-1', 'b0 top-5', 'b1 top-1', 'b1 top-5']);
  const refused = parse(renderComparison(refusedRecord(), { format: 'junit' }));
  assert.deepEqual(counts(refused), ['1', '0', '1']);
  const nothing = makeComparison({ lost: {}, change: { reasons: ['No model in common.'] } });
  const empty = parse(renderComparison(nothing, { format: 'junit' }));
  assert.deepEqual(counts(empty), ['1', '0', '1']);
});

test('GitHub gets an error a regression or reason, a warning an open gate, nothing for a pass', () => {
  assert.deepEqual(comparisonAnnotations(record), [
    '::error title=topfive regression::b0 top-1: 30 fewer images are right than in the baseline, give or take 0 by noise; the margin is 2.',
  ]);
  const open = makeComparison({ lost: { b0: 3 }, change: { estimand: 'population' } });
  const [warning] = comparisonAnnotations(open);
  assert.match(warning, /^::warning title=topfive inconclusive::b0 top-1: /);
  assert.deepEqual(comparisonAnnotations(passRecord()), []);
  const refused = makeComparison({ lost: {}, change: { reasons: ['50% of\n::error::them'] } });
  assert.deepEqual(comparisonAnnotations(refused), [
    '::error title=topfive invalid::50%25 of ::error::them',
  ]);
});

test('the HTML page stands alone, and pictures only come with their policy', () => {
  const bare = renderComparison(record, { format: 'html' });
  assertBalanced(bare);
  const policyOf = (page: string) =>
    selectIn(page, 'meta[http-equiv="Content-Security-Policy"]')[0].getAttribute('content');
  assert.equal(policyOf(bare), reportPolicy);
  assert.deepEqual(selectIn(bare, '[src],[href],link,iframe,img,[style]'), []);
  const [status] = selectIn(bare, '.status');
  assert.equal(status.textContent, 'regression');
  const thumbnails = new Map([['val/3.jpeg', Uint8Array.of(255, 216, 255)]]);
  const pictured = renderComparison(record, { format: 'html', thumbnails });
  assert.equal(policyOf(pictured), picturePolicy);
  const images = selectIn(pictured, 'img');
  assert.deepEqual(
    images.map((image) => image.getAttribute('src')),
    ['data:image/jpeg;base64,/9j/'],
  );
});

test('names and keys of others stay text in every format', () => {
  const hostile = hostileComparison();
  for (const { name, content } of comparisonFiles(hostile)) {
    if (name === 'compare.json') continue;
    const text = name === 'compare.md' ? content.replace(/``.*?``/g, 'code') : content;
    assert.ok(!/<script>alert|<b>|(?!\n)\p{Cc}|\u202e/u.test(text), name);
  }
  assert.doesNotMatch(comparisonText(hostile), /(?!\n)[\p{Cc}\u202e]/u);
  assertBalanced(renderComparison(hostile, { format: 'html' }));
  assertBalanced(renderComparison(hostile, { format: 'junit' }));
});

test('compare.json is the record, and equal records give equal files', () => {
  const files = comparisonFiles(record);
  assert.deepEqual(
    files.map(({ name }) => name),
    ['compare.json', 'compare.md', 'compare.html', 'junit.xml'],
  );
  assert.deepEqual(JSON.parse(files[0].content), record);
  assert.deepEqual(comparisonFiles(regressionRecord()), files);
});
