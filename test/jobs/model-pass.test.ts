import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { ManifestEntry } from '../../src/data/manifest.ts';
import { startPass } from '../../src/jobs/model-pass.ts';
import type { Answer, Classifier, PixelResult } from '../../src/jobs/ports.ts';

/** Answers from the first byte of a crop alone: 255 has no answer, others get a rank from it. */
function answerOf(crop: Uint8Array): Answer {
  const [value] = crop;
  if (value === 255) return { reason: 'not a number' };
  return {
    rank: (value % 7) + 1,
    tied: value % 3 === 0,
    classes: [value, 1, 2, 3, 4],
    probabilities: [0.5, 0.2, 0.1, 0.1, 0.1],
  };
}

/** Finishes batches late and out of order, as threads do. */
function lateClassifier(batch: number, delays: number[]): Classifier {
  let call = 0;
  return {
    batch,
    async classify(crops, labels) {
      assert.equal(crops.length, labels.length);
      assert.ok(crops.length <= batch);
      for (let turns = delays[call++ % delays.length]; turns > 0; turns -= 1)
        await Promise.resolve();
      return { answers: crops.map(answerOf), inferMs: 1 };
    },
  };
}

const image = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.nat(255).map(
      (value): PixelResult => ({
        crops: [Uint8Array.of(value)],
        sha256: 'x',
        readMs: 0,
        pixelsMs: 0,
      }),
    ),
  },
  {
    weight: 1,
    arbitrary: fc.constantFrom<PixelResult>(
      { state: 'undecodable', reason: 'truncated', sha256: 'x' },
      { state: 'missing', reason: 'gone', sha256: 'x' },
    ),
  },
);

async function passOver(images: PixelResult[], classifier: Classifier) {
  const entries = images.map(
    (_, index): ManifestEntry => ({
      key: `k${index}`,
      label: index,
      bytes: 1,
      at: { file: `k${index}` },
    }),
  );
  const pass = startPass(entries, { classifier, rule: 0, shared: true });
  for (const [index, pixels] of images.entries()) await pass.add(index, pixels);
  return pass.finish();
}

test('every image ends in one state and the columns do not depend on the batch size or on the order in which batches end', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(image, { minLength: 1, maxLength: 40 }),
      fc.integer({ min: 1, max: 9 }),
      fc.array(fc.nat(9), { minLength: 1, maxLength: 5 }),
      async (images, batch, delays) => {
        const { inferMs: _, ...one } = await passOver(images, lateClassifier(1, [0]));
        const { inferMs: __, ...many } = await passOver(images, lateClassifier(batch, delays));
        assert.deepEqual(many, one);
        assert.equal(one.predictions.states.filter(Boolean).length, images.length);
        assert.equal(
          one.failures.length,
          one.predictions.states.filter((state) => state !== 'scored').length,
        );
      },
    ),
  );
});

test('an error of the classifier surfaces and is not counted as an answer', async () => {
  const classifier: Classifier = {
    batch: 2,
    classify: () => Promise.reject(new Error('out of memory')),
  };
  const pixels: PixelResult = { crops: [Uint8Array.of(1)], sha256: 'x', readMs: 0, pixelsMs: 0 };
  await assert.rejects(passOver([pixels, pixels, pixels], classifier), /out of memory/);
});
