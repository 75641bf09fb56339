import assert from 'node:assert/strict';
import { mkdir, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { MissingImage, openImageSource } from '../../src/data/image-source.ts';
import { indexDataset } from '../../src/data/index-dataset.ts';
import { TopfiveError } from '../../src/errors.ts';
import { inFolder } from './dataset-folder.ts';

const files = {
  'val/a/1.jpg': 'one',
  'val/a/2.jpg': 'two',
  'val/b/3.jpg': 'three',
  'list.txt': '',
};

const opened = async (folder: string) => {
  const { manifest } = await indexDataset({ uri: join(folder, 'val'), layout: 'auto' });
  return { source: openImageSource(manifest), entries: manifest.entries };
};

const missing = (message: RegExp) => (error: unknown) =>
  error instanceof MissingImage && message.test(error.message);

const unreachable = (error: unknown) =>
  error instanceof TopfiveError && error.kind === 'storage' && error.retryable;

test('images are read with their bytes', () =>
  inFolder(files, async (folder) => {
    const { source, entries } = await opened(folder);
    const texts = await Promise.all(
      entries.map(async (entry) => (await source.read(entry)).toString()),
    );
    assert.deepEqual(texts, ['one', 'two', 'three']);
  }));

test('an image that went away is missing while its dataset is there', () =>
  inFolder(files, async (folder) => {
    const { source, entries } = await opened(folder);
    await rm(join(folder, 'val/a/2.jpg'));
    await assert.rejects(source.read(entries[1]), missing(/^a\/2\.jpg cannot be had from/));
    assert.equal((await source.read(entries[2])).toString(), 'three');
    await rm(join(folder, 'val/b'), { recursive: true });
    await assert.rejects(source.read(entries[2]), missing(/^b\/3\.jpg/));
    assert.equal((await source.read(entries[0])).toString(), 'one');
  }));

test('no image is called missing while the root is away, and all are read once it is back', () =>
  inFolder(files, async (folder) => {
    const { source, entries } = await opened(folder);
    await source.read(entries[0]);
    await rename(join(folder, 'val'), join(folder, 'away'));
    for (const entry of entries) await assert.rejects(source.read(entry), unreachable);
    await mkdir(join(folder, 'val'));
    await assert.rejects(
      source.read(entries[0]),
      unreachable,
      'an empty mount point is no dataset',
    );
    await rm(join(folder, 'val'), { recursive: true });
    await rename(join(folder, 'away'), join(folder, 'val'));
    assert.equal((await source.read(entries[0])).toString(), 'one');
  }));

test('an image of another size than indexed is not the image of the manifest', () =>
  inFolder(files, async (folder) => {
    const { source, entries } = await opened(folder);
    await writeFile(join(folder, 'val/a/1.jpg'), 'other');
    await assert.rejects(
      source.read(entries[0]),
      missing(/has 5 bytes and had 3 .* changed since/),
    );
  }));

test('an image that was missing at indexing stays missing', () =>
  inFolder({ ...files, 'list.txt': 'a/1.jpg 0\na/9.jpg 1\n' }, async (folder) => {
    const { manifest } = await indexDataset({
      uri: join(folder, 'val'),
      layout: 'list',
      labels: join(folder, 'list.txt'),
    });
    const source = openImageSource(manifest);
    await writeFile(join(folder, 'val/a/9.jpg'), 'late');
    await assert.rejects(
      source.read(manifest.entries[1]),
      missing(/was not in .* when the dataset was indexed/),
    );
    assert.equal((await source.read(manifest.entries[0])).toString(), 'one');
  }));
