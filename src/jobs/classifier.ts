/** A model in this thread: normalise crops into a batch, run it, rank every row. `run` blocks the thread. */
import { normaliser } from '../data/batch.ts';
import { type ClassifierSession, openClassifier } from '../onnx/session.ts';
import { scoreRow } from '../scoring/rank.ts';
import { checkArtifact } from './artifact.ts';
import type { PlannedModel } from './plan.ts';
import type { Answer, Classifier } from './ports.ts';

export interface OpenOptions {
  threads: number;
  device: 'cpu' | 'cuda' | 'webgpu';
}

export interface OpenModel {
  provider: string;
  /** The classifier at a batch size, which then stays. */
  at(batch: number): Classifier;
  close(): Promise<void>;
}

export async function openModel(model: PlannedModel, options: OpenOptions): Promise<OpenModel> {
  await checkArtifact(model.artifact);
  const session = await openClassifier(model.artifact.path, {
    ...options,
    expected: { side: model.recipe.crop, layout: model.recipe.layout, classes: model.outputs },
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

/** Batches share one input buffer, so they take turns: `run` reads it only after it has returned to its caller. */
function classifierAt(batch: number, { model, session, pixels }: ClassifierParts): Classifier {
  const normalise = normaliser(model.recipe);
  const input = new Float32Array(batch * pixels);
  let turn: Promise<unknown> = Promise.resolve();

  async function classify(crops: Uint8Array[], labels: number[]) {
    const started = performance.now();
    for (const [row, crop] of crops.entries()) normalise(crop, input, row);
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
