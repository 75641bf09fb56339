import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { ManifestEntry } from '../../src/data/manifest.ts';
import { autoShardSize, cutShards } from '../../src/data/shards.ts';
import { shardRefSchema } from '../../src/scoring/records.ts';
import { ofKind } from './expect-error.ts';

const entries = (count: number): ManifestEntry[] =>
  Array.from({ length: count }, (_, index) => ({
    key: `${index}.jpg`,
    label: index % 7,
    bytes: index,
    at: { file: `${index}.jpg` },
  }));

test('shards cover the manifest exactly, in order, none larger than asked', () => {
  fc.assert(
    fc.property(fc.nat(300), fc.integer({ min: 1, max: 400 }), (count, size) => {
      const shards = cutShards(entries(count), size);
      const covered = shards.flatMap(({ start, end }) =>
        Array.from({ length: end - start }, (_, offset) => start + offset),
      );
      assert.deepEqual(
        covered,
        Array.from({ length: count }, (_, image) => image),
      );
      for (const [index, shard] of shards.entries()) {
        assert.deepEqual(shardRefSchema.parse(shard), shard);
        assert.equal(shard.index, index);
        assert.ok(shard.end > shard.start && shard.end - shard.start <= size);
      }
    }),
  );
});

test("a shard's digest is of its own images: a change elsewhere leaves it, a change within does not", () => {
  fc.assert(
    fc.property(fc.nat(99), fc.integer({ min: 1, max: 100 }), (changed, size) => {
      const before = entries(100);
      const after = before.with(changed, { ...before[changed], label: 999 });
      const old = cutShards(before, size);
      for (const [index, shard] of cutShards(after, size).entries()) {
        const within = changed >= shard.start && changed < shard.end;
        assert.equal(shard.digest === old[index].digest, !within);
      }
    }),
  );
});

test('a size that is no positive whole number is refused', () => {
  for (const size of [0, -1, 1.5, Number.NaN]) {
    assert.throws(() => cutShards(entries(3), size), ofKind('spec', /positive whole number/));
  }
});

test('an automatic shard is one to two minutes of work where the rate is known', () => {
  const size = autoShardSize({ images: 50_000, imagesPerSecond: 12, workers: 2 });
  assert.ok(size >= 12 * 60 && size <= 12 * 120, `${size}`);
  assert.equal(autoShardSize({ images: 50_000 }), 500);
});

test('every worker gets several automatic shards, as long as there are images for it', () => {
  const load = fc.record({
    images: fc.integer({ min: 1, max: 60_000 }),
    imagesPerSecond: fc.option(fc.integer({ min: 1, max: 5000 }), { nil: undefined }),
    workers: fc.integer({ min: 1, max: 64 }),
  });
  fc.assert(
    fc.property(load, ({ images, imagesPerSecond, workers }) => {
      const size = autoShardSize({ images, workers, ...(imagesPerSecond && { imagesPerSecond }) });
      assert.ok(Number.isInteger(size) && size >= 1);
      assert.ok(Math.ceil(images / size) >= Math.min(Math.ceil(images / 16), 3 * workers));
    }),
  );
});
