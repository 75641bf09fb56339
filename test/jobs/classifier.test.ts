import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { openModel } from '../../src/jobs/classifier.ts';
import type { PlannedModel } from '../../src/jobs/plan.ts';
import { readArtifact } from '../../src/models/artifact.ts';
import { writeTinyModel } from '../models/tiny-model.ts';

const side = 8;
const classes = 20;

async function withModel(use: (model: PlannedModel) => Promise<void>): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'topfive-classifier-'));
  const path = join(folder, 'tiny.onnx');
  try {
    await writeTinyModel(path, { side, classes });
    await use({
      id: 'tiny',
      precision: 'fp32',
      artifact: await readArtifact(path),
      recipe: {
        decoder: 'opencv',
        kernel: 'linear',
        resizeShort: side,
        crop: side,
        mean: [0.5, 0.5, 0.5],
        std: [0.2, 0.2, 0.2],
        channelOrder: 'rgb',
        scale: 1 / 255,
        layout: 'nchw',
      },
      card: null,
      recipeDigest: '0'.repeat(64),
      normalisation: 'graph',
      outputs: classes,
      classOffset: 0,
      fixedBatch: null,
      secondsPerImage: 0.001,
      sumsToOne: false,
      conversion: null,
      published: null,
      cost: null,
      costReason: null,
    });
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** An even crop whose colour depends on its number. */
function cropOf(number: number): Uint8Array {
  const colour = [(number * 37) % 256, (number * 91) % 256, (number * 151) % 256];
  return Uint8Array.from({ length: side * side * 3 }, (_, index) => colour[index % 3]);
}

test('batches under way at the same time get the answers that they get one after the other, at any batch size', async () => {
  await withModel(async (model) => {
    const opened = await openModel(model, { threads: 1, device: 'cpu' });
    const numbers = [...Array(41).keys()];
    const alone = opened.at(1);
    const expected = [];
    for (const number of numbers) {
      expected.push(...(await alone.classify([cropOf(number)], [number % classes])).answers);
    }
    for (const batch of [2, 4, 7, 32]) {
      const classifier = opened.at(batch);
      const starts = numbers.filter((number) => number % batch === 0);
      const results = await Promise.all(
        starts.map((start) => {
          const rows = numbers.slice(start, start + batch);
          return classifier.classify(
            rows.map(cropOf),
            rows.map((row) => row % classes),
          );
        }),
      );
      const ranks = results
        .flatMap(({ answers }) => answers)
        .map((answer) => 'rank' in answer && [answer.rank, answer.classes]);
      assert.deepEqual(
        ranks,
        expected.map((answer) => 'rank' in answer && [answer.rank, answer.classes]),
      );
    }
    await opened.close();
  });
});
