/** Strict readers for the tests of what the report writes: tags that close, characters that XML allows, RFC 4180. */
import assert from 'node:assert/strict';

const voids = new Set(['meta', 'wbr', 'br', 'link', 'input', 'img', 'hr']);

/** Every tag closes in order, every `&` starts a known entity, no control character is left. */
export function assertBalanced(text: string): void {
  assert.doesNotMatch(text, /(?![\t\n\r])[\p{Cc}\p{Cs}\ufffe\uffff]/u);
  const plain = text
    .replace(/<\?xml [^>]*\?>|<!doctype html>/g, '')
    .replace(/(<(style|script)>)[\s\S]*?(<\/\2>)/g, '$1$3');
  assert.doesNotMatch(plain, /&(?!(amp|lt|gt|quot|#39);)/);
  const open: string[] = [];
  for (const [tag, slash, name, rest] of plain.matchAll(
    /<(\/?)([a-zA-Z][\w-]*)((?:"[^"]*"|[^">])*)>/g,
  )) {
    assert.match(rest, /^(\s+[\w:-]+(="[^"<]*")?)*\s*\/?$/, tag);
    if (slash) assert.equal(open.pop(), name, tag);
    else if (!rest.endsWith('/') && !rest.endsWith('/ ') && !voids.has(name)) open.push(name);
  }
  assert.deepEqual(open, []);
  const outside = plain.replace(/<\/?[a-zA-Z][\w-]*(?:"[^"]*"|[^">])*>/g, '');
  assert.doesNotMatch(outside, /</);
}

/** Records of a CSV text, as RFC 4180 defines them, with line feeds. */
export function parseCsv(text: string): string[][] {
  const rows: string[][] = [[]];
  let at = 0;
  while (at < text.length) {
    const quoted = text[at] === '"';
    const match = quoted ? /"((?:[^"]|"")*)"(,|\n|$)/y : /([^",\r\n]*)(,|\n|$)/y;
    match.lastIndex = at;
    const found = match.exec(text);
    assert.ok(found, `no field at ${at}: ${text.slice(at, at + 40)}`);
    rows.at(-1)?.push(quoted ? found[1].replaceAll('""', '"') : found[1]);
    at = match.lastIndex;
    if (found[2] === '\n') rows.push([]);
    else if (found[2] === ',' && at === text.length) rows.at(-1)?.push('');
  }
  assert.deepEqual(rows.pop(), [], 'the text ends with a line feed');
  return rows;
}
