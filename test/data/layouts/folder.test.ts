import assert from 'node:assert/strict';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { indexDataset } from '../../../src/data/index-dataset.ts';
import { inFolder } from '../dataset-folder.ts';
import { datasetError } from '../expect-error.ts';

const index = (uri: string) => indexDataset({ uri, layout: 'folder' });

test('classes are the folders in the order of their names, images every ending of ImageFolder', () => {
  const files = {
    'n02/b.JPEG': 'bb',
    'n02/a.png': 'a',
    'n01/deep/er/c.WebP': 'ccc',
    'n01/notes.txt': 'no image',
    'n10/d.tiff': '',
    'n10/e.Bmp': 'e',
    'README.md': 'no image',
  };
  return inFolder(files, async (folder) => {
    const { manifest, warnings } = await index(folder);
    assert.deepEqual(
      manifest.entries.map(({ key, label, bytes, at }) => [key, label, bytes, at]),
      [
        ['n01/deep/er/c.WebP', 0, 3, { file: 'n01/deep/er/c.WebP' }],
        ['n02/a.png', 1, 1, { file: 'n02/a.png' }],
        ['n02/b.JPEG', 1, 2, { file: 'n02/b.JPEG' }],
        ['n10/d.tiff', 2, 0, { file: 'n10/d.tiff' }],
        ['n10/e.Bmp', 2, 1, { file: 'n10/e.Bmp' }],
      ],
    );
    assert.deepEqual(manifest.classNames, ['n01', 'n02', 'n10']);
    assert.deepEqual(warnings, []);
  });
});

test('an empty class folder keeps its index, and is named', () =>
  inFolder({ 'a/1.jpg': 'x', 'c/1.jpg': 'x', 'd/readme': '' }, async (folder) => {
    await mkdir(join(folder, 'b'));
    const { manifest, warnings } = await index(folder);
    assert.deepEqual(
      manifest.entries.map(({ label }) => label),
      [0, 2],
    );
    assert.deepEqual(manifest.classNames, ['a', 'b', 'c', 'd']);
    assert.equal(warnings.length, 1);
    assert.match(warnings[0], /^2 class folders of .* keep their class index: b, d\.$/);
  }));

test('hidden folders shift no class index, and images without a class are said to be left out', () => {
  const files = { '.ipynb_checkpoints/x.jpg': 'x', 'a/1.jpg': 'x', 'loose.jpg': 'x' };
  return inFolder(files, async (folder) => {
    const { manifest, warnings } = await index(folder);
    assert.deepEqual(
      manifest.entries.map(({ key, label }) => [key, label]),
      [['a/1.jpg', 0]],
    );
    assert.match(warnings[0], /\.ipynb_checkpoints/);
    assert.match(warnings[1], /^1 images lie in .* left out\.$/);
  });
});

test('class names are ordered by code points, as Python orders them', () =>
  inFolder(
    { '\u{1F600}/1.jpg': '', '\uFF5E/1.jpg': '', 'Z/1.jpg': '', 'a/1.jpg': '' },
    async (folder) => {
      const { manifest } = await index(folder);
      assert.deepEqual(manifest.classNames, ['Z', 'a', '\uFF5E', '\u{1F600}']);
    },
  ));

test('folders without any image are no dataset', () =>
  inFolder({ 'a/notes.txt': '' }, async (folder) => {
    await assert.rejects(index(folder), datasetError(/none of its 1 folders holds an image/));
  }));
