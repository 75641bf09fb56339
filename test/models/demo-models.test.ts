import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { normaliser } from '../../src/data/batch.ts';
import { cropsOf } from '../../src/data/crop.ts';
import { Undecodable } from '../../src/data/undecodable.ts';
import { TopfiveError } from '../../src/errors.ts';
import {
  type Demo,
  type DemoModel,
  type DemoProgress,
  makeDemo,
} from '../../src/models/demo-models.ts';
import { openClassifier } from '../../src/onnx/session.ts';
import { appendPrediction, emptyPredictions } from '../../src/scoring/predictions.ts';
import { scoreRow } from '../../src/scoring/rank.ts';
import type { Tally } from '../../src/scoring/records.ts';
import { tallyOf } from '../../src/scoring/tally.ts';

const images = 250;
let folder: string;
let demo: Demo;
const progress: DemoProgress[] = [];
before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'topfive-demo-test-'));
  demo = await makeDemo({
    directory: join(folder, 'first'),
    images,
    seed: 1,
    trainingImages: 2000,
    onProgress: (step) => progress.push(step),
  });
});
after(() => rm(folder, { recursive: true }));

/** The model's tally on the demo's files: decoded, cropped and scored as in a run. */
async function evaluate({ onnx, recipe }: DemoModel): Promise<Tally> {
  const session = await openClassifier(onnx, {
    threads: 1,
    device: 'cpu',
    expected: { side: recipe.crop, layout: recipe.layout, classes: 1000 },
  });
  const predictions = emptyPredictions();
  const normalise = normaliser(recipe);
  const batch = new Float32Array(3 * recipe.crop ** 2);
  for (const line of (await readFile(demo.dataset.labels, 'utf8')).trimEnd().split('\n')) {
    const [name, label] = line.split(' ');
    try {
      const [crop] = await cropsOf(await readFile(join(demo.dataset.uri, name)), [recipe]);
      normalise(crop, batch, 0);
      const row = { offset: 0, classes: 1000, label: Number(label), classOffset: 0 };
      appendPrediction(predictions, scoreRow(await session.run(batch, 1), row));
    } catch (error) {
      assert.ok(error instanceof Undecodable, String(error));
      appendPrediction(predictions, { state: 'undecodable' });
    }
  }
  await session.close();
  return tallyOf(predictions, 0);
}

test('the models are far better than chance, far from perfect, and differ', async () => {
  const tallies = new Map<string, Tally>();
  for (const model of demo.models) {
    const tally = await evaluate(model);
    tallies.set(model.id, tally);
    assert.equal(tally.expected, images);
    assert.deepEqual([tally.undecodable, tally.modelError], [1, 0]);
    // Chance is 1 in 1000 and 5 in 1000.
    assert.ok(tally.top1 > 0.2 * images && tally.top1 < 0.8 * images, JSON.stringify(tally));
    assert.ok(tally.top5 > 0.45 * images && tally.top5 < 0.97 * images, JSON.stringify(tally));
    assert.ok(tally.top5 > tally.top1);
  }
  const [small, wide] = ['demo-small', 'demo-wide'].map((id) => tallies.get(id)!.top1);
  assert.ok(wide > small + 0.04 * images, `${wide} against ${small} of ${images}`);
});

test('two models share a recipe and the third has another', () => {
  const [first, second, third] = demo.models.map(({ recipe }) => recipe);
  assert.deepEqual(first, second);
  assert.notEqual(first.decoder, third.decoder);
});

test('the same seed gives the same models, whatever the number of images', async () => {
  const again = await makeDemo({
    directory: join(folder, 'second'),
    images: 2,
    seed: 1,
    trainingImages: 2000,
  });
  for (const [place, { onnx }] of again.models.entries()) {
    assert.ok((await readFile(onnx)).equals(await readFile(demo.models[place].onnx)));
  }
});

test('progress reaches the end of both stages', () => {
  for (const [stage, total] of [
    ['images', images],
    ['models', 2000],
  ] as const) {
    const steps = progress.filter((step) => step.stage === stage);
    assert.deepEqual(steps.at(-1), { stage, done: total, total });
    assert.ok(steps.every(({ done }, place) => done > (steps[place - 1]?.done ?? 0)));
  }
});

test('a folder that cannot be written is an error of the output', async () => {
  await assert.rejects(
    makeDemo({ directory: demo.dataset.labels, images: 1, seed: 1, trainingImages: 2000 }),
    (error) => error instanceof TopfiveError && error.kind === 'output',
  );
});
