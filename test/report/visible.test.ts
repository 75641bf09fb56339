import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { clip, visible } from '../../src/report/visible.ts';

test('controls, direction overrides and lone surrogates show as their code point', () => {
  assert.equal(
    visible('a\u0000b\u001b[31m\u202ec\ud800'),
    'a\\u{0}b\\u{1b}[31m\\u{202e}c\\u{d800}',
  );
});

test('line breaks and tabs become one space', () => {
  assert.equal(visible('one\r\n\ttwo'), 'one two');
});

test('ordinary text of any script stays as it is', () => {
  for (const text of ['tench, Tinca tinca', 'grüße, 猫, кошка, 🐈', '\'"<&>']) {
    assert.equal(visible(text), text);
  }
});

test('no text keeps a character that a terminal or an XML parser must not get', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (text) => {
      assert.doesNotMatch(visible(text), /[\p{Cc}\p{Cf}\p{Cs}\u2028\u2029\ufffe\uffff]/u);
    }),
  );
});

test('a clipped text has at most the limit of characters and says that it was clipped', () => {
  assert.equal(clip('abcdef', 6), 'abcdef');
  assert.equal(clip('abcdefg', 6), 'abcde…');
  assert.equal(clip('🐈🐈🐈', 3), '🐈🐈🐈');
});
