import assert from 'node:assert/strict';
import { copyFile, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { openImageSource } from '../../../src/data/image-source.ts';
import { indexDataset } from '../../../src/data/index-dataset.ts';
import { ParquetImages } from '../../../src/data/layouts/parquet-images.ts';
import { sha256 } from '../../../src/storage/digest.ts';
import { openFs } from '../../../src/storage/fs.ts';
import type { Storage } from '../../../src/storage/storage.ts';
import { inFolder } from '../dataset-folder.ts';
import { datasetError } from '../expect-error.ts';

const fixtures = fileURLToPath(new URL('../../fixtures/datasets/', import.meta.url));
const hub = join(fixtures, 'hub');

interface Expected {
  file: string;
  row: number;
  path: string;
  label: number;
  bytes: number;
  sha256: string;
}
const readExpected = async (): Promise<Expected[]> =>
  JSON.parse(await readFile(join(fixtures, 'hub.json'), 'utf8'));

const part = (number: number) => `validation-0000${number}-of-00003.parquet`;
const index = (uri: string) => indexDataset({ uri, layout: 'auto' });

test("the hub's files are indexed in order with keys, labels, sizes and class names", async () => {
  const { manifest, warnings } = await index(hub);
  assert.equal(manifest.layout, 'parquet');
  assert.deepEqual(manifest.classNames, ['tench, fish', 'goldfish', 'crane', 'crane']);
  assert.deepEqual(
    manifest.entries,
    (await readExpected()).map(({ file, row, path, label, bytes }) => ({
      key: path,
      label,
      bytes,
      at: { file, row },
    })),
  );
  assert.deepEqual(warnings, []);
});

test('every image reads back with its bytes, in any order and all at once', async () => {
  const { manifest } = await index(hub);
  const expected = await readExpected();
  const source = openImageSource(manifest);
  const shuffled = manifest.entries.map((_, place) => (place * 8) % manifest.entries.length);
  const digests = await Promise.all(
    shuffled.map(async (place) => sha256(await source.read(manifest.entries[place]))),
  );
  assert.equal(new Set(shuffled).size, expected.length);
  assert.deepEqual(
    digests,
    shuffled.map((place) => expected[place].sha256),
  );
});

test('neighbours in a row group cost one read of it', async () => {
  const files = openFs(hub);
  let ranges = 0;
  const counted: Storage = {
    uri: files.uri,
    get: (key) => files.get(key),
    range: (key, offset, length) => {
      ranges++;
      return files.range(key, offset, length);
    },
    size: (key) => files.size(key),
    version: (key) => files.version(key),
    put: (key, bytes) => files.put(key, bytes),
    putStream: (key, source) => files.putStream(key, source),
    list: (prefix) => files.list(prefix),
    folders: (prefix) => files.folders(prefix),
    delete: (key) => files.delete(key),
    deleteFolder: (prefix) => files.deleteFolder(prefix),
  };
  const images = new ParquetImages(counted);
  await images.read({ file: part(1), row: 0 });
  const once = ranges;
  await Promise.all([0, 1, 2, 1, 0].map((row) => images.read({ file: part(1), row })));
  assert.equal(ranges, once);
  await Promise.all([3, 4, 5, 0].map((row) => images.read({ file: part(1), row })));
  const both = ranges;
  assert.ok(both > once);
  for (const row of [2, 3, 1, 5]) await images.read({ file: part(1), row });
  assert.equal(ranges, both, 'the last two row groups are kept');
  await images.read({ file: part(1), row: 6 });
  await images.read({ file: part(1), row: 0 });
  assert.ok(ranges > both + 1, 'older ones are not');
});

test('images without paths are named by file and row', async () => {
  const { manifest } = await index(join(fixtures, 'unnamed.parquet'));
  assert.deepEqual(
    manifest.entries.map(({ key }) => key),
    ['unnamed.parquet#0', 'unnamed.parquet#1'],
  );
  assert.equal(manifest.classNames, null);
});

test('a split without labels, other columns and other files are refused with what was found', async () => {
  await assert.rejects(
    index(join(fixtures, 'unlabelled.parquet')),
    datasetError(/class index from 0 .* row 0 of unlabelled\.parquet; label: /),
  );
  await assert.rejects(
    index(join(fixtures, 'other-columns.parquet')),
    datasetError(/expected in other-columns\.parquet, which has img, fine_label/),
  );
  await inFolder({ 'x.parquet': 'PAR1 and no more PAR1' }, async (folder) => {
    await assert.rejects(index(folder), datasetError(/x\.parquet is not a readable parquet file/));
  });
});

test('a split that is not whole, or several splits, are refused; a single file may be named', () =>
  inFolder({}, async (folder) => {
    const root = join(folder, 'data');
    await mkdir(root);
    for (const number of [0, 1]) await copyFile(join(hub, part(number)), join(root, part(number)));
    await assert.rejects(
      index(root),
      datasetError(/All 3 files of the split were expected, and 2 are there/),
    );
    await copyFile(join(hub, part(0)), join(root, 'train-00000-of-00001.parquet'));
    await assert.rejects(
      index(root),
      datasetError(/several: train \(1 files\), validation \(3 files\)/),
    );
    const { manifest } = await index(join(root, part(1)));
    assert.equal(manifest.entries.length, 7);
  }));

test('a file whose rows were damaged since makes its images missing, not the run fail', () =>
  inFolder({}, async (folder) => {
    await copyFile(join(hub, part(0)), join(folder, 'a.parquet'));
    await copyFile(join(hub, part(1)), join(folder, 'b.parquet'));
    const { manifest } = await index(folder);
    await writeFile(join(folder, 'a.parquet'), Buffer.alloc(1000));
    await rm(join(folder, 'b.parquet'));
    const source = openImageSource(manifest);
    const missing = (message: RegExp) => ({ name: 'MissingImage', message });
    await assert.rejects(source.read(manifest.entries[0]), missing(/not a readable parquet file/));
    await assert.rejects(source.read(manifest.entries[7]), missing(/There is no b\.parquet/));
  }));
