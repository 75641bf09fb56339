import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { readdir, readFile, rm, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import fc from 'fast-check';
import { openImageSource } from '../../../src/data/image-source.ts';
import { indexDataset } from '../../../src/data/index-dataset.ts';
import { tarIndexFile } from '../../../src/data/layouts/tar-index.ts';
import type { Manifest } from '../../../src/data/manifest.ts';
import { packDataset } from '../../../src/data/pack/pack-dataset.ts';
import { TopfiveError } from '../../../src/errors.ts';
import { openFs } from '../../../src/storage/fs.ts';
import { type Files, inFolder, writeFiles } from '../dataset-folder.ts';
import { datasetError } from '../expect-error.ts';

const hub = fileURLToPath(new URL('../../fixtures/datasets/hub/', import.meta.url));

const indexed = async (uri: string, labels?: string) =>
  (await indexDataset({ uri, layout: 'auto', labels })).manifest;

async function contentOf(manifest: Manifest): Promise<Map<string, [number, string | null]>> {
  const images = openImageSource(manifest);
  const content = new Map<string, [number, string | null]>();
  for (const entry of manifest.entries) {
    const bytes = entry.bytes === null ? null : (await images.read(entry)).toString('base64');
    content.set(entry.key, [entry.label, bytes]);
  }
  return content;
}

const pack = (
  manifest: Manifest,
  out: string,
  options: { seed?: number; shardSize?: number } = {},
) => packDataset(manifest, { out: openFs(out), seed: 1, shardSize: 4, ...options });

async function filesOf(folder: string): Promise<Record<string, string>> {
  const names = (await readdir(folder)).sort();
  const contents = await Promise.all(names.map((name) => readFile(join(folder, name), 'base64')));
  return Object.fromEntries(names.map((name, place) => [name, contents[place]]));
}

/** A list of ten images, the third of which is not there. */
async function inSet(check: (set: { manifest: Manifest; folder: string }) => Promise<void>) {
  const files: Files = {};
  for (let image = 0; image < 10; image++) {
    if (image !== 2) files[`val/class ${image % 3}/${image}.JPEG`] = randomBytes(700 * image);
  }
  const lines = Array.from(
    { length: 10 },
    (_, image) => `class ${image % 3}/${image}.JPEG ${image % 3}`,
  );
  files['list.txt'] = lines.join('\n');
  await inFolder(files, async (folder) => {
    await check({ manifest: await indexed(join(folder, 'val'), join(folder, 'list.txt')), folder });
  });
}

const output = (message: RegExp) => (error: unknown) => {
  assert.ok(error instanceof TopfiveError);
  assert.match(error.message, message);
  assert.equal(error.kind, 'output');
  return true;
};

test('a packed set has the keys, labels, bytes and missing images of the set, in the order of its seed', () =>
  inSet(async ({ manifest, folder }) => {
    const orders = new Set<string>();
    for (const seed of [1, 2]) {
      const out = join(folder, `packed ${seed}`);
      await pack(manifest, out, { seed });
      const packed = await indexed(out);
      assert.equal(packed.seed, seed);
      assert.equal(packed.layout, 'tar');
      assert.deepEqual(
        new Map([...(await contentOf(packed))].sort()),
        new Map([...(await contentOf(manifest))].sort()),
      );
      orders.add(packed.entries.map(({ key }) => key).join());
      assert.equal(packed.entries.find(({ key }) => key === 'class 2/2.JPEG')?.bytes, null);
    }
    assert.equal(orders.size, 2);
    assert.ok(!orders.has(manifest.entries.map(({ key }) => key).join()));
  }));

test('packed again, every file has the same bytes', () =>
  inSet(async ({ manifest, folder }) => {
    for (const out of ['one', 'two']) await pack(manifest, join(folder, out));
    const [one, two] = [await filesOf(join(folder, 'one')), await filesOf(join(folder, 'two'))];
    assert.deepEqual(Object.keys(one), ['000000.tar', '000001.tar', '000002.tar', tarIndexFile]);
    assert.deepEqual(one, two);
  }));

test('the archives say by themselves what they hold, to us and to other readers', () =>
  inSet(async ({ manifest, folder }) => {
    const out = join(folder, 'packed');
    await pack(manifest, out);
    const byIndex = await indexed(out);
    await rm(join(out, tarIndexFile));
    const byHeaders = await indexed(out);
    const there = byIndex.entries.filter(({ bytes }) => bytes !== null);
    assert.deepEqual(byHeaders.entries, there);
    const names = execFileSync('tar', ['-tf', join(out, '000000.tar')], { encoding: 'utf8' });
    assert.match(names, /^class \d\/\d\.JPEG\nclass \d\/\d\.cls\n/);
  }));

test('a packing that was interrupted goes on, and gives the same bytes', () =>
  inSet(async ({ manifest, folder }) => {
    await pack(manifest, join(folder, 'whole'));
    const out = join(folder, 'interrupted');
    const missed = manifest.entries.at(-1)!;
    const image = join(folder, 'val', missed.key);
    const bytes = await readFile(image);
    await rm(image);
    await assert.rejects(pack(manifest, out), /changed while it was packed: class .*pack it again/);
    const before = Object.keys(await filesOf(out));
    assert.ok(before.includes('topfive-packing.json'));
    await assert.rejects(pack(manifest, out, { seed: 5 }), output(/unfinished packing/));
    await writeFile(image, bytes);
    const { kept } = await pack(manifest, out);
    assert.equal(kept, before.length - 1);
    assert.deepEqual(await filesOf(out), await filesOf(join(folder, 'whole')));
    assert.equal((await pack(manifest, out)).kept, 3, 'a whole one is not packed again');
  }));

test('nothing is packed over something else', () =>
  inSet(async ({ manifest, folder }) => {
    await assert.rejects(pack(manifest, join(folder, 'val')), output(/expected to be empty.*JPEG/));
    const out = join(folder, 'packed');
    await pack(manifest, out);
    await assert.rejects(pack(manifest, out, { seed: 2 }), output(/of another --seed/));
    await assert.rejects(pack(manifest, out, { shardSize: 3 }), output(/of another --seed/));
  }));

test('an index that does not fit its archives is refused', () =>
  inSet(async ({ manifest, folder }) => {
    const out = join(folder, 'packed');
    await pack(manifest, out);
    await writeFiles(out, { 'more.tar': '' });
    await assert.rejects(indexed(out), datasetError(/more\.tar in .* are not in its/));
    await rm(join(out, 'more.tar'));
    await truncate(join(out, '000001.tar'), 512);
    await assert.rejects(
      indexed(out),
      datasetError(/000001\.tar .* was expected to have .*has 512/),
    );
    await rm(join(out, '000001.tar'));
    await assert.rejects(indexed(out), datasetError(/it is not there; copy it again/));
    await writeFile(join(out, tarIndexFile), '{"packing":1}');
    await assert.rejects(indexed(out), datasetError(/is no index of packed archives/));
  }));

test('images of tables are packed too, under numbers where keys are no names', async () => {
  const manifest = await indexed(hub);
  await inFolder({}, async (folder) => {
    await pack(manifest, join(folder, 'hub'), { shardSize: 1000 });
    const packed = await indexed(join(folder, 'hub'));
    assert.deepEqual(packed.classNames, manifest.classNames);
    assert.deepEqual(
      new Map([...(await contentOf(packed))].sort()),
      new Map([...(await contentOf(manifest))].sort()),
    );
  });
  const key = fc.stringMatching(/^[a-c.]{1,3}\.(jpg|png|x)$/).filter((text) => !/^\.+$/.test(text));
  const keys = fc.uniqueArray(key, { minLength: 1, maxLength: 6 });
  await fc.assert(
    fc.asyncProperty(keys, fc.integer({ min: 1, max: 4 }), async (names, shardSize) => {
      const files: Files = Object.fromEntries(names.map((name) => [`val/${name}`, name]));
      files['list.txt'] = names.map((name, label) => `${name} ${label}`).join('\n');
      await inFolder(files, async (folder) => {
        const list = await indexed(join(folder, 'val'), join(folder, 'list.txt'));
        await pack(list, join(folder, 'out'), { shardSize });
        const packed = await indexed(join(folder, 'out'));
        assert.deepEqual(
          new Map([...(await contentOf(packed))].sort()),
          new Map([...(await contentOf(list))].sort()),
        );
        await rm(join(folder, 'out', tarIndexFile));
        assert.equal((await indexed(join(folder, 'out'))).entries.length, names.length);
      });
    }),
    { numRuns: 40 },
  );
});
