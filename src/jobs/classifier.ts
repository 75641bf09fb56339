/** A model in this thread: crops into a batch, run it, rank every row. `run` blocks the thread. */
import { normaliser } from '../data/batch.ts';
import type { Device } from '../onnx/device.ts';
import { type ClassifierSession, openClassifier } from '../onnx/session.ts';
import { scoreRow } from '../scoring/rank.ts';
import { locatePlanned } from './locate-model.ts';
import type { PlannedModel } from './plan.ts';
import type { Answer, Classifier } from './ports.ts';

export interface OpenOptions {
  threads: number;
  device: Device;
}

export interface OpenModel {
  provider: Device;
  /** The classifier at a batch size, which then stays. */
  at(batch: number): Classifier;
  close(): Promise<void>;
}

export async function openModel(model: PlannedModel, options: OpenOptions): Promise<OpenModel> {
  const session = await openClassifier(await locatePlanned(model), {
    ...options,
    expected: { side: model.recipe.crop, layout: model.recipe.layout, classes: model.outputs },
    normalisation: model.normalisation === 'graph' ? model.recipe : undefined,
  });
  const pixels = model.recipe.crop ** 2 * 3;
  return {
    provider: session.provider,
    at: (batch) => classifierAt(batch, { model, session, pixels }),
    close: () => session.close(),
  };
}

interface ClassifierParts {
  model: PlannedModel;
  session: ClassifierSession;
  pixels: number;
}

interface Input {
  input: Float32Array | Uint8Array;
  /** Puts a crop into its row. */
  take(crop: Uint8Array, row: number): void;
}

/** What the model takes: values normalised here, or bytes that its graph normalises. */
function openInput({ recipe, normalisation }: PlannedModel, length: number): Input {
  if (normalisation === 'graph') {
    const input = new Uint8Array(length);
    return { input, take: (crop, row) => input.set(crop, row * crop.length) };
  }
  const input = new Float32Array(length);
  const normalise = normaliser(recipe);
  return { input, take: (crop, row) => normalise(crop, input, row) };
}

/** Batches share one input buffer, so they take turns: `run` reads it only after it has returned to its caller. */
function classifierAt(batch: number, { model, session, pixels }: ClassifierParts): Classifier {
  const { input, take } = openInput(model, batch * pixels);
  let turn: Promise<unknown> = Promise.resolve();

  async function classify(crops: Uint8Array[], labels: number[]) {
    const started = performance.now();
    for (const [row, crop] of crops.entries()) take(crop, row);
    input.fill(0, crops.length * pixels);
    const logits = await session.run(input, batch);
    const answers = labels.map(
      (label, row): Answer =>
        scoreRow(logits, {
          offset: row * model.outputs,
          classes: model.outputs,
          label,
          classOffset: model.classOffset,
        }),
    );
    return { answers, inferMs: performance.now() - started };
  }

  return {
    batch,
    classify(crops, labels) {
      const answered = turn.then(() => classify(crops, labels));
      turn = answered.catch(() => {});
      return answered;
    },
  };
}
