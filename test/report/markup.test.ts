import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { parseHTML } from 'linkedom';
import { lines, markup } from '../../src/report/markup.ts';
import { visible } from '../../src/report/visible.ts';
import { assertBalanced } from './read-text.ts';

test('text in a template is escaped, markup is not, lists are joined and null is nothing', () => {
  const inner = markup`<b>${'<i>'}</b>`;
  assert.equal(
    markup`<p title="${'"&\''}">${[inner, 7, null]}</p>`.text,
    '<p title="&quot;&amp;&#39;"><b>&lt;i&gt;</b>7</p>',
  );
});

test('whatever the text, a parser reads it back from content and from an attribute', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme' }), (text) => {
      const page = markup`<!doctype html><html><body><p title="${text}">${text}</p></body></html>`
        .text;
      assertBalanced(page);
      const paragraph = parseHTML(page).document.querySelector('p');
      assert.equal(paragraph.textContent, visible(text));
      assert.equal(paragraph.getAttribute('title'), visible(text));
    }),
  );
});

test('preformatted text keeps its lines', () => {
  assert.equal(lines('a\n  <b>').text, 'a\n  &lt;b&gt;');
});
