import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import fc from 'fast-check';
import { indexDataset } from '../../../src/data/index-dataset.ts';
import { parseList } from '../../../src/data/layouts/list.ts';
import { inFolder } from '../dataset-folder.ts';
import { datasetError } from '../expect-error.ts';

test('what is written as a list is what is parsed from it', () => {
  const name = fc
    .string({ minLength: 1, maxLength: 8, unit: 'grapheme' })
    .filter((text) => !/[/\0\r\n\p{Surrogate}]|^[ \t]|[ \t]$/u.test(text))
    .filter((text) => text !== '.' && text !== '..');
  const path = fc
    .array(name, { minLength: 1, maxLength: 3 })
    .map((parts) => parts.join('/'))
    .filter((text) => !text.startsWith('\uFEFF'));
  const image = fc.record({ path, label: fc.nat(999_999_999) }, { noNullPrototype: true });
  const images = fc.uniqueArray(image, { minLength: 1, selector: (one) => one.path });
  const style = fc.record({
    gap: fc.constantFrom(' ', '\t', '  ', ' \t'),
    end: fc.constantFrom('\n', '\r\n', '\n\n', ' \n'),
    mark: fc.constantFrom('', '\uFEFF'),
  });
  fc.assert(
    fc.property(images, style, (list, { gap, end, mark }) => {
      const text = mark + list.map(({ path, label }) => `${path}${gap}${label}${end}`).join('');
      assert.deepEqual(parseList(text, 'list'), list);
    }),
  );
});

test('paths with spaces are split at the last one', () => {
  assert.deepEqual(parseList('./my val/a b.JPEG 65', 'list'), [
    { path: 'my val/a b.JPEG', label: 65 },
  ]);
});

test('lines that are no image and class are refused with their number', () => {
  const refused = (text: string, message: RegExp) =>
    assert.throws(() => parseList(text, 'val_list.txt'), datasetError(message));
  refused('a 1\nb\n', /expected in line 2 of val_list\.txt, not "b"/);
  refused('a 1\n\nb -1\n', /class index from 0 .* line 3 of val_list\.txt, not "-1"/);
  refused('a 1.0', /line 1 .* not "1\.0"/);
  refused('a n01440764', /line 1 .* not "n01440764"/);
  refused('a,1', /"<path> <class index>" was expected in line 1/);
  refused('/data/a 1', /relative to the dataset's root.* line 1 .* not "\/data\/a"/);
  refused('a 1\n../b 1', /line 2 .* not "\.\.\/b"/);
  refused('a 1\nb 1\n./a 2', /a stands in line 1 and in line 3/);
  refused('\n \n', /there is none/);
});

const listed = (folder: string, name = 'val_list.txt') =>
  indexDataset({ uri: join(folder, 'val'), layout: 'auto', labels: join(folder, name) });

test('entries keep the order of the list and know the sizes of their files', () =>
  inFolder(
    {
      'val/b.JPEG': 'bb',
      'val/a.JPEG': 'a',
      'val/other.JPEG': '',
      'val_list.txt': 'b.JPEG 7\na.JPEG 0\n',
    },
    async (folder) => {
      const { manifest, warnings } = await listed(folder);
      assert.equal(manifest.layout, 'list');
      assert.deepEqual(manifest.entries, [
        { key: 'b.JPEG', label: 7, bytes: 2, at: { file: 'b.JPEG' } },
        { key: 'a.JPEG', label: 0, bytes: 1, at: { file: 'a.JPEG' } },
      ]);
      assert.deepEqual(warnings, []);
    },
  ));

test('a listed image that is not there is in the manifest, without a size', () =>
  inFolder({ 'val/a.jpg': 'a', 'val_list.txt': 'a.jpg 1\ngone.jpg 2\n' }, async (folder) => {
    const { manifest, warnings } = await listed(folder);
    assert.deepEqual(
      manifest.entries.map(({ key, bytes }) => [key, bytes]),
      [
        ['a.jpg', 1],
        ['gone.jpg', null],
      ],
    );
    assert.match(warnings[0], /^1 of the 2 images .* gone\.jpg\.$/);
  }));

test("paths that begin with the root's own name are taken from the folder above, where all are there", () => {
  const files = {
    'val/a.jpg': 'a',
    'val/sub/b.jpg': 'bb',
    'val_list.txt': 'val/a.jpg 1\nval/sub/b.jpg 2',
  };
  return inFolder(files, async (folder) => {
    const { manifest, warnings } = await listed(folder);
    assert.deepEqual(
      manifest.entries.map(({ key, bytes }) => [key, bytes]),
      [
        ['a.jpg', 1],
        ['sub/b.jpg', 2],
      ],
    );
    assert.match(warnings[0], /begin with val\/, so they were taken from the folder above/);
  });
});

test('a list of which nothing is there is refused, with what was tried', () =>
  inFolder(
    {
      'val/a.jpg': 'a',
      'half.txt': 'val/a.jpg 1\nval/gone.jpg 2',
      'foreign.txt': 'train/a.jpg 1\ntrain/b.jpg 1',
    },
    async (folder) => {
      await assert.rejects(
        listed(folder, 'half.txt'),
        datasetError(/nor are all of them there without the leading val\//),
      );
      await assert.rejects(
        listed(folder, 'foreign.txt'),
        datasetError(/None of the 2 images .* the first is train\/a\.jpg/),
      );
    },
  ));

test('labels that are absent or no text are refused', () =>
  inFolder({ 'val/a.jpg': 'a', 'binary.txt': Buffer.from([0xff, 0xfe, 0x00]) }, async (folder) => {
    await assert.rejects(listed(folder), datasetError(/no file at .*val_list\.txt/));
    await assert.rejects(listed(folder, 'binary.txt'), datasetError(/expected to be UTF-8 text/));
  }));
