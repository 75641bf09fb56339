import assert from 'node:assert/strict';
import { mkdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { pathToFileURL } from 'node:url';
import { indexDataset } from '../../src/data/index-dataset.ts';
import { inFolder } from './dataset-folder.ts';
import { datasetError, ofKind } from './expect-error.ts';

const auto = (uri: string) => indexDataset({ uri, layout: 'auto' });

test('class folders are found out, and a path and its file URI give the same manifest', () =>
  inFolder({ 'a/1.jpg': 'x', 'notes.txt': '' }, async (folder) => {
    const { manifest } = await auto(folder);
    assert.equal(manifest.layout, 'folder');
    assert.equal(manifest.uri, pathToFileURL(folder).href);
    assert.deepEqual((await auto(manifest.uri)).manifest, manifest);
  }));

test('a root that is absent, empty or a file is no dataset', async () => {
  const absent = join(tmpdir(), 'topfive-no-such-dataset');
  const nothing = datasetError(/^A dataset was expected at file:\/\/.*, and nothing is there/);
  await assert.rejects(auto(absent), nothing);
  await assert.rejects(indexDataset({ uri: absent, layout: 'list', labels: '/dev/null' }), nothing);
  await inFolder({ file: '' }, async (folder) => {
    await assert.rejects(auto(join(folder, 'file')), nothing);
    await mkdir(join(folder, 'empty'));
    await assert.rejects(auto(join(folder, 'empty')), nothing);
  });
});

test('a directory that looks like no layout, or like two, is refused with what is in it', async () => {
  const refused = (files: Record<string, string>, message: RegExp) =>
    inFolder(files, (folder) => assert.rejects(auto(folder), datasetError(message)));
  await refused(
    { 'a.jpg': '', 'b.PNG': '' },
    /2 images at its top, in no class folder; name their labels/,
  );
  await refused({ 'a.txt': '', 'b/c.csv': '' }, /expected, but .* has 2 other files/);
  await refused(
    { 'a/1.jpg': '', 'b.tar': '', 'c.txt': '' },
    /1 images in folders, 1 \.tar files, 1 other files; say dataset\.layout: tar or folder/,
  );
});

test('a layout that is said wins over what is beside it, and must be there', () =>
  inFolder({ 'a/1.jpg': 'x', 'b.tar': 'no tar' }, async (folder) => {
    const { manifest } = await indexDataset({ uri: folder, layout: 'folder' });
    assert.equal(manifest.entries.length, 1);
    await assert.rejects(
      indexDataset({ uri: folder, layout: 'parquet' }),
      datasetError(/Files ending in \.parquet were expected/),
    );
  }));

test('labels and layouts that do not fit together are refused', async () => {
  const source = { uri: '.', layout: 'tar' as const };
  await assert.rejects(
    indexDataset({ ...source, labels: 'x' }),
    ofKind('spec', /the layout is tar/),
  );
  await assert.rejects(
    indexDataset({ uri: '.', layout: 'list' }),
    ofKind('spec', /dataset\.labels must name/),
  );
  await assert.rejects(
    indexDataset({ uri: 's3://b/p', layout: 'auto' }),
    ofKind('usage', /s3:\/\/BUCKET/),
  );
});
