import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { rm, truncate } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import fc from 'fast-check';
import { indexDataset } from '../../src/data/index-dataset.ts';
import type { ManifestEntry } from '../../src/data/manifest.ts';
import { packDataset } from '../../src/data/pack/pack-dataset.ts';
import { ReadAhead } from '../../src/data/read-ahead.ts';
import { openFs } from '../../src/storage/fs.ts';
import type { Storage } from '../../src/storage/storage.ts';
import { type Files, inFolder } from './dataset-folder.ts';

const limits = { bytes: 1e9, requests: 4 };

/** A storage that notes what is read of it, and answers a range only when `gate` lets it. */
function watched(folder: string, gate: () => Promise<void> = async () => {}) {
  const files = openFs(folder);
  const reads: string[] = [];
  const seen = { reads, under: 0, most: 0 };
  const read = async <T>(what: string, work: () => Promise<T>) => {
    reads.push(what);
    seen.most = Math.max(seen.most, ++seen.under);
    await gate();
    return work().finally(() => {
      seen.under -= 1;
    });
  };
  const storage = Object.assign(Object.create(files) as Storage, {
    get: (key: string) => read(key, () => files.get(key)),
    range: (key: string, at: number, bytes: number) =>
      read(`${key} ${bytes}`, () => files.range(key, at, bytes)),
  });
  return { storage, seen };
}

/** Thirty images, in a folder and packed into archives of ten. */
async function inSets(
  check: (sets: {
    folder: string;
    entries: Record<'folder' | 'packed', ManifestEntry[]>;
  }) => Promise<void>,
  bytesOf = (image: number) => 100 + image,
) {
  const contents = Array.from({ length: 30 }, (_, image) => randomBytes(bytesOf(image)));
  const files: Files = {};
  for (const [image, bytes] of contents.entries()) files[`val/${image % 3}/${image}.jpg`] = bytes;
  await inFolder(files, async (folder) => {
    const { manifest } = await indexDataset({ uri: join(folder, 'val'), layout: 'folder' });
    await packDataset(manifest, { out: openFs(join(folder, 'packed')), seed: 1, shardSize: 10 });
    const packed = await indexDataset({ uri: join(folder, 'packed'), layout: 'tar' });
    await check({
      folder,
      entries: { folder: manifest.entries, packed: packed.manifest.entries },
    });
  });
}

const here = async (folder: string, { at }: ManifestEntry) =>
  'offset' in at
    ? openFs(folder).range(at.file, at.offset, at.length)
    : openFs(folder).get(at.file);

test('neighbours in an archive come in one read of it, other images in one each, all with their bytes', () =>
  inSets(async ({ folder, entries }) => {
    for (const [layout, reads] of [
      ['packed', 3],
      ['folder', 30],
    ] as const) {
      const root = join(folder, layout === 'packed' ? 'packed' : 'val');
      const { storage, seen } = watched(root);
      const coming = new ReadAhead(limits).expect(entries[layout], storage);
      for (const entry of entries[layout]) {
        assert.ok((await here(root, entry)).equals((await coming.take(entry)) ?? Buffer.alloc(0)));
      }
      assert.equal(seen.reads.length, reads, layout);
      assert.ok(seen.most <= limits.requests);
      assert.equal(await coming.take(entries[layout][0]), undefined, 'each is taken once');
    }
  }));

test('a read has at most 8 MiB, unless it is of one image', () =>
  inSets(
    async ({ folder, entries: { packed } }) => {
      const { storage, seen } = watched(join(folder, 'packed'));
      const coming = new ReadAhead(limits).expect(packed, storage);
      for (const entry of packed) assert.ok(await coming.take(entry));
      const sizes = seen.reads.map((read) => Number(read.split(' ')[1]));
      assert.ok(
        sizes.every((bytes) => bytes <= 8 * 2 ** 20 || bytes === 9e6),
        String(sizes),
      );
      assert.ok(sizes.length < 20, String(sizes));
    },
    (image) => (image === 7 ? 9e6 : 1e6),
  ));

test('what is held stays within its limit, and the second consumer waits for the first', () =>
  inSets(
    async ({ folder, entries: { packed } }) => {
      const { storage, seen } = watched(join(folder, 'packed'));
      const ahead = new ReadAhead({ bytes: 50_000, requests: 9 });
      const first = ahead.expect(packed.slice(0, 20), storage);
      const second = ahead.expect(packed.slice(20), storage);
      assert.deepEqual(seen.reads.length, 2, 'two archives of ten images fit');
      for (const entry of packed.slice(0, 9)) await first.take(entry);
      assert.equal(seen.reads.length, 2);
      await first.take(packed[9]);
      assert.equal(seen.reads.length, 3, 'the first archive made room');
      first.close();
      assert.ok(await second.take(packed[25]));
      second.close();
    },
    () => 700,
  ));

test('an image that is needed is fetched whatever is held for others', () =>
  inSets(async ({ folder, entries: { packed } }) => {
    const { storage } = watched(join(folder, 'packed'));
    const ahead = new ReadAhead({ bytes: 1, requests: 1 });
    const later = ahead.expect(packed.slice(10), storage);
    const now = ahead.expect(packed.slice(0, 10), storage);
    for (const entry of packed.slice(0, 10)) assert.ok(await now.take(entry));
    for (const entry of packed.slice(10)) assert.ok(await later.take(entry));
  }));

test('what is gone, short or was never expected is left to whoever reads it', () =>
  inSets(async ({ folder, entries }) => {
    const [first, second, third] = entries.packed;
    const root = join(folder, 'packed');
    await truncate(join(root, first.at.file), 'offset' in second.at ? second.at.offset : 0);
    await rm(join(folder, 'val', entries.folder[0].at.file));
    const coming = new ReadAhead(limits).expect([first, second], openFs(root));
    assert.ok(await coming.take(first));
    assert.equal(await coming.take(second), undefined);
    assert.equal(await coming.take(third), undefined);
    const lost = new ReadAhead(limits).expect(
      entries.folder.slice(0, 2),
      openFs(join(folder, 'val')),
    );
    assert.equal(await lost.take(entries.folder[0]), undefined);
    assert.ok(await lost.take(entries.folder[1]));
  }));

test('whatever the order and the limits, every image has its bytes', () =>
  inSets(async ({ folder, entries: { packed } }) => {
    const root = join(folder, 'packed');
    await fc.assert(
      fc.asyncProperty(
        fc.shuffledSubarray(packed, { minLength: 1 }),
        fc.record({
          bytes: fc.integer({ min: 1, max: 10_000 }),
          requests: fc.integer({ min: 1, max: 4 }),
        }),
        async (order, some) => {
          const coming = new ReadAhead(some).expect(order, openFs(root));
          const taken = await Promise.all(order.map((entry) => coming.take(entry)));
          for (const [place, entry] of order.entries()) {
            assert.ok((await here(root, entry)).equals(taken[place] ?? Buffer.alloc(0)));
          }
        },
      ),
      { numRuns: 30 },
    );
  }));
