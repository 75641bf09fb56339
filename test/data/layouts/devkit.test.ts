import assert from 'node:assert/strict';
import { copyFile, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { indexDataset } from '../../../src/data/index-dataset.ts';
import { readDevkit } from '../../../src/data/layouts/devkit.ts';
import { inFolder } from '../dataset-folder.ts';
import { datasetError, ofKind } from '../expect-error.ts';

const fixture = (name: string) => new URL(`../../fixtures/datasets/${name}`, import.meta.url);

/** WNID order against ILSVRC2012_ID order in the fixture: ids 1…8 have the WNIDs 70 20 80 10 50 30 60 40. */
const classOfId = [6, 1, 7, 0, 4, 2, 5, 3];

const image = (index: number) => `val/ILSVRC2012_val_${String(index + 1).padStart(8, '0')}.JPEG`;
const images = (count: number) =>
  Object.fromEntries(Array.from({ length: count }, (_, index) => [image(index), `${index}`]));

test('ids become ranks of the WordNet ids, and ancestors are no classes', async () => {
  for (const name of ['meta-plain.mat', 'meta-compressed.mat']) {
    const { indexOfId, names } = readDevkit(await readFile(fixture(name)));
    assert.deepEqual(indexOfId, classOfId);
    assert.deepEqual(
      names,
      [10, 20, 30, 40, 50, 60, 70, 80].map((number) => `word ${number}, grüße`),
    );
  }
});

test('ground truth lines are assigned to the images in the order of their names', () =>
  inFolder(images(8), async (folder) => {
    const labels = join(folder, 'ILSVRC2012_validation_ground_truth.txt');
    await writeFile(labels, '8\n7\r\n6\n5\n4\n3\n2\n1\n');
    const devkit = join(folder, 'kit.mat');
    await copyFile(fixture('meta-plain.mat'), devkit);
    const uri = join(folder, 'val');
    const { manifest, warnings } = await indexDataset({ uri, layout: 'auto', labels, devkit });
    assert.deepEqual(
      manifest.entries.map(({ key, label }) => [`val/${key}`, label]),
      [...classOfId].reverse().map((label, index) => [image(index), label]),
    );
    assert.equal(manifest.layout, 'list');
    assert.equal(manifest.classNames?.[0], 'word 10, grüße');
    assert.deepEqual(warnings, []);
  }));

test('meta.mat is found beside the ground truth, and asked for where it is not', () =>
  inFolder({ ...images(1), 'data/truth.txt': '2\n' }, async (folder) => {
    const labels = join(folder, 'data/truth.txt');
    const run = () => indexDataset({ uri: join(folder, 'val'), layout: 'list', labels });
    await assert.rejects(run(), datasetError(/its meta\.mat was expected at .*data\/meta\.mat/));
    await copyFile(fixture('meta-compressed.mat'), join(folder, 'data/meta.mat'));
    assert.equal((await run()).manifest.entries[0].label, classOfId[1]);
  }));

test('as many lines as images are needed, and ids that are classes', () =>
  inFolder(images(3), async (folder) => {
    const labels = join(folder, 'truth.txt');
    const run = async (text: string) => {
      await writeFile(labels, text);
      const devkit = join(folder, 'meta.mat');
      return indexDataset({ uri: join(folder, 'val'), layout: 'auto', labels, devkit });
    };
    await copyFile(fixture('meta-plain.mat'), join(folder, 'meta.mat'));
    await assert.rejects(run('1\n2\n'), datasetError(/has 2 lines and .* holds 3 images/));
    await assert.rejects(run('1\n9\n2\n'), datasetError(/from 1 to 8 .* line 2 .* not 9/));
    await assert.rejects(run('1\n0\n2\n'), datasetError(/from 1 to 8 .* line 2 .* not 0/));
    await assert.rejects(run('a.jpg 1\n'), ofKind('spec', /devkit goes with/));
  }));

test('a validation set with a gap is refused, because its labels would shift', async () => {
  const { [image(1)]: _gone, ...rest } = images(4);
  await inFolder({ ...rest, 'truth.txt': '1\n2\n3\n' }, async (folder) => {
    await copyFile(fixture('meta-plain.mat'), join(folder, 'meta.mat'));
    const labels = join(folder, 'truth.txt');
    await assert.rejects(
      indexDataset({ uri: join(folder, 'val'), layout: 'auto', labels }),
      datasetError(/Image 2 in the order of names is ILSVRC2012_val_00000003\.JPEG/),
    );
  });
});

test('what is no meta.mat is refused with the reason', async () => {
  assert.throws(() => readDevkit(Buffer.from('text')), datasetError(/no little-endian level 5/));
  const other = await readFile(fixture('no-synsets.mat'));
  assert.throws(() => readDevkit(other), datasetError(/no struct array "synsets"/));
  const damaged = await readFile(fixture('meta-plain.mat'));
  damaged.set(Buffer.from('x00000070'), damaged.indexOf('n00000070'));
  assert.throws(() => readDevkit(damaged), datasetError(/"x00000070" is no WordNet id/));
  const twice = await readFile(fixture('meta-plain.mat'));
  twice.set(Buffer.from('n00000020'), twice.indexOf('n00000070'));
  assert.throws(() => readDevkit(twice), datasetError(/n00000020 stands twice/));
});
