/** What normalising inside the graph saves: processor time from crops to logits, both ways in turn. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Recipe } from '../src/data/recipe.ts';
import { openModel } from '../src/jobs/classifier.ts';
import type { PlannedModel } from '../src/jobs/plan.ts';
import type { Classifier } from '../src/jobs/ports.ts';
import { measureBatch } from '../src/jobs/settle-batch.ts';
import { readArtifact } from '../src/models/artifact.ts';
import { buildModel } from '../src/models/build.ts';
import { findCard } from '../src/models/cards.ts';
import { featureCount, featureGraph } from '../src/models/demo-features.ts';
import { writeOnnx } from '../src/onnx/write.ts';

const rounds = 15;
/** Long enough for the clock of processor time, which ticks in milliseconds. */
const roundSeconds = 0.4;
const places = ['host', 'graph'] as const;
const classes = 1000;

function imagesOf(batch: number, { crop }: Recipe) {
  const images = Array.from({ length: batch }, (_, row) =>
    Uint8Array.from({ length: crop * crop * 3 }, (_, index) => index * 31 + (index >> 5) + row),
  );
  return { images, labels: images.map(() => 0) };
}

function processorSeconds(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1e6;
}

async function compare(model: Omit<PlannedModel, 'normalisation'>): Promise<void> {
  const options = { threads: 1, device: 'cpu' } as const;
  const opened = await Promise.all(
    places.map((normalisation) => openModel({ ...model, normalisation }, options)),
  );
  const batch = await measureBatch((size) => secondsOf(opened[0].at(size), size));
  const classifiers = opened.map((each) => each.at(batch));
  const { images, labels } = imagesOf(batch, model.recipe);
  const costs: number[][] = places.map(() => []);
  const turns = Math.ceil(roundSeconds / (await secondsOf(classifiers[0], batch)));
  for (let round = 0; round < rounds; round += 1) {
    for (const [place, classifier] of classifiers.entries()) {
      const started = processorSeconds();
      for (let turn = 0; turn < turns; turn += 1) await classifier.classify(images, labels);
      costs[place].push((processorSeconds() - started) / turns / batch);
    }
  }
  const [host, graph] = costs.map((each) => each.sort((a, b) => a - b)[rounds >> 1]);
  console.log(
    `${model.id}, batch ${batch}: host ${(1000 * host).toFixed(3)} ms, graph ${(1000 * graph).toFixed(3)} ms an image, graph / host ${(graph / host).toFixed(3)}`,
  );
  await Promise.all(opened.map((each) => each.close()));

  async function secondsOf(classifier: Classifier, size: number): Promise<number> {
    const crops = imagesOf(size, model.recipe);
    const started = performance.now();
    await classifier.classify(crops.images, crops.labels);
    return (performance.now() - started) / 1000;
  }
}

async function planned(id: string, path: string, recipe: Recipe) {
  return {
    ...{ id, recipe, outputs: classes, artifact: await readArtifact(path) },
    ...({ precision: 'fp32', recipeDigest: '', classOffset: 0, fixedBatch: null } as const),
    ...{
      card: null,
      secondsPerImage: 0,
      sumsToOne: false,
      conversion: null,
      published: null,
      cost: null,
      costReason: null,
    },
  };
}

const folder = await mkdtemp(join(tmpdir(), 'topfive-bench-'));
try {
  const { recipe } = findCard('EfficientNetB0')!;
  const b0 = join(folder, 'b0.onnx');
  await buildModel('EfficientNetB0', { path: b0, weights: { seed: 1 } });
  await compare(await planned('EfficientNetB0', b0, recipe));

  const shape = { side: 64, width: 20, seed: 1 };
  const weights = Float32Array.from({ length: featureCount(shape) * classes }, (_, index) =>
    Math.sin(index),
  );
  const small = join(folder, 'small.onnx');
  const head = { classes, weights, bias: new Float32Array(classes) };
  await writeFile(small, writeOnnx(featureGraph(shape, head)));
  await compare(await planned('small network', small, { ...recipe, resizeShort: 72, crop: 64 }));
} finally {
  await rm(folder, { recursive: true });
}
