/** A thread that holds the sessions of the models at work; `session.run` blocks it and nothing else. */
import { TopfiveError } from '../errors.ts';
import { type OpenModel, type OpenOptions, openModel } from '../jobs/classifier.ts';
import type { PlannedModel } from '../jobs/plan.ts';
import type { Answer, Classifier } from '../jobs/ports.ts';
import type { Device } from '../onnx/device.ts';
import { answerRequests } from './thread.ts';

export type InferenceRequest =
  | { ask: 'open'; key: string; model: PlannedModel; options: OpenOptions }
  | { ask: 'classify'; key: string; batch: number; crops: Uint8Array[]; labels: number[] }
  | { ask: 'close'; key: string };

export interface InferenceAnswer {
  open: { provider: Device };
  classify: { answers: Answer[]; inferMs: number };
  close: Record<string, never>;
}

const models = new Map<string, OpenModel>();
const classifiers = new Map<string, Classifier>();

function modelOf(key: string): OpenModel {
  const model = models.get(key);
  if (!model) throw new TopfiveError('failed', `model ${key} was asked before it was opened`);
  return model;
}

function classifierOf(key: string, batch: number): Classifier {
  const known = classifiers.get(key);
  if (known?.batch === batch) return known;
  const classifier = modelOf(key).at(batch);
  classifiers.set(key, classifier);
  return classifier;
}

async function handle(
  request: InferenceRequest,
): Promise<InferenceAnswer[InferenceRequest['ask']]> {
  switch (request.ask) {
    case 'open': {
      const model = await openModel(request.model, request.options);
      models.set(request.key, model);
      return { provider: model.provider };
    }
    case 'classify':
      return classifierOf(request.key, request.batch).classify(request.crops, request.labels);
    case 'close':
      await models.get(request.key)?.close();
      models.delete(request.key);
      classifiers.delete(request.key);
      return {};
  }
}

answerRequests<InferenceRequest, InferenceAnswer[InferenceRequest['ask']]>(async (request) => ({
  answer: await handle(request),
}));
