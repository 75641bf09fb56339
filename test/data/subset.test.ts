import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { digestEntries, makeManifest } from '../../src/data/manifest.ts';
import { drawSubset } from '../../src/data/subset.ts';
import { ofKind } from './expect-error.ts';

/** @param counts images of each class */
function manifestOf(counts: readonly number[]) {
  const entries = counts.flatMap((count, label) =>
    Array.from({ length: count }, (_, index) => {
      const key = `${label}/${index}.jpg`;
      return { key, label, bytes: 100 + index, at: { file: key } };
    }),
  );
  return makeManifest({ uri: 'file:///set', layout: 'folder', classNames: null, entries });
}

const keysOf = ({ entries }: { entries: { key: string }[] }) => entries.map(({ key }) => key);

test('a subset has its size, each image once, the order of the whole and a digest of its own', () => {
  fc.assert(
    fc.property(
      fc.array(fc.integer({ min: 1, max: 30 }), { minLength: 1, maxLength: 12 }),
      fc.nat(99),
      fc.nat(1000),
      fc.constantFrom(undefined, 'class' as const),
      (counts, share, seed, stratify) => {
        const whole = manifestOf(counts);
        const size = 1 + Math.floor(((whole.entries.length - 1) * share) / 99);
        const part = drawSubset(whole, { size, seed, stratify });
        const places = keysOf(part).map((key) => keysOf(whole).indexOf(key));
        assert.equal(places.length, size);
        assert.ok(places.every((place, index) => index === 0 || place > places[index - 1]));
        assert.equal(part.digest, digestEntries(part.entries));
        assert.equal(part.digest === whole.digest, size === whole.entries.length);
        assert.deepEqual(drawSubset(whole, { size, seed, stratify }), part);
      },
    ),
  );
});

test('with strata every class has its share, to the image', () => {
  fc.assert(
    fc.property(
      fc.array(fc.integer({ min: 1, max: 60 }), { minLength: 1, maxLength: 12 }),
      fc.nat(100),
      (counts, seed) => {
        const whole = manifestOf(counts);
        const size = Math.ceil(whole.entries.length / 3);
        const part = drawSubset(whole, { size, seed, stratify: 'class' });
        for (const [label, count] of counts.entries()) {
          const drawn = part.entries.filter((entry) => entry.label === label).length;
          const share = (size * count) / whole.entries.length;
          assert.ok(
            Math.abs(drawn - share) < 1,
            `${drawn} of class ${label}, whose share is ${share}`,
          );
        }
      },
    ),
  );
});

test('of more classes than images, chance says which are drawn', () => {
  const whole = manifestOf(new Array<number>(100).fill(5));
  const drawn = new Set<number>();
  for (let seed = 0; seed < 40; seed += 1) {
    for (const { label } of drawSubset(whole, { size: 10, seed, stratify: 'class' }).entries) {
      drawn.add(label);
    }
  }
  assert.ok(drawn.size > 90, `${drawn.size} classes in 40 draws`);
});

test('another seed draws other images; a smaller draw is a part of a larger one', () => {
  const whole = manifestOf([400, 400]);
  const [small, large, other] = [
    { size: 50, seed: 1 },
    { size: 200, seed: 1 },
    { size: 50, seed: 2 },
  ].map((subset) => keysOf(drawSubset(whole, subset)));
  assert.ok(small.every((key) => large.includes(key)));
  assert.ok(small.filter((key) => other.includes(key)).length < 15);
});

test('more images than there are cannot be drawn', () => {
  assert.throws(
    () => drawSubset(manifestOf([3, 2]), { size: 6, seed: 1 }),
    ofKind('spec', /subset\.size is 6, but the dataset has 5 images/),
  );
});
