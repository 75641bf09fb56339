/** The demo's material: a synthetic validation set, and three small models with real, non-trivial accuracy on it. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { normaliser } from '../data/batch.ts';
import { cropImage } from '../data/crop.ts';
import { createRandom } from '../data/random.ts';
import type { Recipe } from '../data/recipe.ts';
import { asOutputError, canvasSide, splits, writeSyntheticDataset } from '../data/synthetic.ts';
import { syntheticClasses } from '../data/synthetic-classes.ts';
import { renderCanvas } from '../data/synthetic-render.ts';
import { type ClassifierSession, openClassifier } from '../onnx/session.ts';
import { writeOnnx } from '../onnx/write.ts';
import { makeFolder } from '../storage/make-folder.ts';
import { type FeatureShape, featureCount, featureGraph } from './demo-features.ts';
import { fitHead } from './linear-discriminant.ts';

export interface DemoOptions {
  /** Receives `val/`, `val_list.txt`, `class_names.txt` and `models/`. */
  directory: string;
  /** Images of the validation set. */
  images: number;
  seed: number;
  /** Images that the heads are fitted on, 2000 or more in whole thousands; fewer are quicker and worse. */
  trainingImages?: number;
  onProgress?: (progress: DemoProgress) => void;
}

export interface DemoProgress {
  stage: 'images' | 'models';
  done: number;
  total: number;
}

export interface DemoModel {
  id: string;
  /** Path of the ONNX file: float32 [batch, 3, crop, crop] to [batch, 1000] logits. */
  onnx: string;
  recipe: Recipe;
}

export interface Demo {
  dataset: { uri: string; labels: string; classNames: string };
  models: DemoModel[];
}

const statistics = {
  mean: [0.485, 0.456, 0.406] as [number, number, number],
  std: [0.229, 0.224, 0.225] as [number, number, number],
  channelOrder: 'rgb' as const,
  scale: 1 / 255,
  layout: 'nchw' as const,
};
const linear64: Recipe = {
  decoder: 'opencv',
  kernel: 'linear',
  resizeShort: 72,
  crop: 64,
  ...statistics,
};
const bicubic96: Recipe = {
  decoder: 'pillow',
  kernel: 'bicubic',
  resizeShort: 108,
  crop: 96,
  ...statistics,
};

/** Two models share a recipe, and so their pixels; the third has one of its own. */
const designs = [
  { id: 'demo-small', width: 20, recipe: linear64 },
  { id: 'demo-wide', width: 72, recipe: linear64 },
  { id: 'demo-bicubic', width: 40, recipe: bicubic96 },
];

const classes = syntheticClasses.length;
/** Enough for heads that are clearly better than chance and far from perfect. */
const defaultTrainingImages = 4 * classes;
/** Small, so that encoding the validation set goes on between two batches. */
const trainingBatch = 25;

/**
 * The same seed gives the same files on one kind of machine; an image does not depend on how many there are.
 * @throws TopfiveError `output` when they cannot be written.
 */
export async function makeDemo(options: DemoOptions): Promise<Demo> {
  const { directory, images, seed, onProgress, trainingImages = defaultTrainingImages } = options;
  const [dataset, models] = await Promise.all([
    writeSyntheticDataset({
      directory,
      images,
      seed,
      split: 'val',
      onProgress: (done) => onProgress?.({ stage: 'images', done, total: images }),
    }),
    makeDemoModels({ directory: join(directory, 'models'), seed, trainingImages, onProgress }),
  ]);
  return { dataset, models };
}

interface ModelOptions {
  directory: string;
  seed: number;
  trainingImages: number;
  onProgress: DemoOptions['onProgress'];
}

async function makeDemoModels(options: ModelOptions): Promise<DemoModel[]> {
  const { directory } = options;
  const workshop = await mkdtemp(join(tmpdir(), 'topfive-demo-'));
  const pupils: Pupil[] = [];
  try {
    await makeFolder(directory);
    for (const design of designs) {
      pupils.push(await createPupil(design, { workshop, ...options }));
    }
    await collectFeatures(pupils, options);
    return await Promise.all(pupils.map((pupil) => writeModel(pupil, directory)));
  } catch (error) {
    throw asOutputError(error, directory);
  } finally {
    await Promise.all(pupils.map(({ session }) => session.close()));
    await rm(workshop, { recursive: true });
  }
}

/** A model in the making: its extractor and what that saw of the training images. */
interface Pupil {
  id: string;
  recipe: Recipe;
  shape: FeatureShape;
  session: ClassifierSession;
  /** trainingImages × featureCount. */
  features: Float32Array;
}

async function createPupil(
  { id, width, recipe }: (typeof designs)[number],
  { workshop, seed, trainingImages }: ModelOptions & { workshop: string },
): Promise<Pupil> {
  const shape = { side: recipe.crop, width, seed };
  const path = join(workshop, `${id}.onnx`);
  await writeFile(path, writeOnnx(featureGraph(shape)));
  const session = await openClassifier(path, {
    threads: 1,
    device: 'cpu',
    expected: { side: recipe.crop, layout: recipe.layout, classes: featureCount(shape) },
  });
  const features = new Float32Array(trainingImages * featureCount(shape));
  return { id, recipe, shape, session, features };
}

const labelOf = (image: number) => image % classes;

async function collectFeatures(
  pupils: readonly Pupil[],
  { seed, trainingImages, onProgress }: ModelOptions,
): Promise<void> {
  for (let start = 0; start < trainingImages; start += trainingBatch) {
    const canvases = Array.from({ length: trainingBatch }, (_, row) => {
      const random = createRandom(seed, splits.train, start + row);
      const { rgb } = renderCanvas(labelOf(start + row), {
        width: canvasSide,
        height: canvasSide,
        random,
      });
      return { data: rgb, width: canvasSide, height: canvasSide };
    });
    for (const { recipe, shape, session, features } of pupils) {
      const normalise = normaliser(recipe);
      const batch = new Float32Array(trainingBatch * 3 * recipe.crop ** 2);
      for (const [row, canvas] of canvases.entries()) {
        normalise(cropImage(canvas, recipe), batch, row);
      }
      features.set(await session.run(batch, trainingBatch), start * featureCount(shape));
    }
    onProgress?.({ stage: 'models', done: start + trainingBatch, total: trainingImages });
  }
}

async function writeModel(
  { id, recipe, shape, features }: Pupil,
  directory: string,
): Promise<DemoModel> {
  const count = featureCount(shape);
  const labels = Array.from({ length: features.length / count }, (_, image) => labelOf(image));
  const head = fitHead({ features, count, labels, classes });
  const onnx = join(directory, `${id}.onnx`);
  await writeFile(onnx, writeOnnx(featureGraph(shape, head)));
  return { id, onnx, recipe };
}
