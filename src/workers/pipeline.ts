/** The threads of a worker: pixel threads feed an inference thread; models stay open while their group is at work. */
import type { ComingImages } from '../data/read-ahead.ts';
import type { Plan, PlannedModel } from '../jobs/plan.ts';
import type { Classifier, PixelSource } from '../jobs/ports.ts';
import { settleBatch } from '../jobs/settle-batch.ts';
import type { Device } from '../onnx/device.ts';
import { digestOf } from '../storage/digest.ts';
import type { Storage } from '../storage/storage.ts';
import type { InferenceAnswer, InferenceRequest } from './inference-thread.ts';
import { openPixelLane } from './pixel-lane.ts';
import { startThread, type Thread, threadFile } from './thread.ts';

export interface PipelineOptions {
  /** Threads inside one operator of a model. */
  threads: number;
  pixelThreads: number;
}

export interface Pipeline {
  /** @param coming images that need not be read by the pixel threads */
  pixels(plan: Plan, coming?: ComingImages): PixelSource;
  /** Opens a model if it is not open yet; its batch size is settled for the run. */
  classifier(model: PlannedModel, run: RunContext): Promise<OpenClassifier>;
  /** Closes the models that are not in this list, and those on another device. */
  keepOnly(models: PlannedModel[], device: Device): Promise<void>;
  close(): Promise<void>;
}

interface RunContext {
  plan: Plan;
  storage: Storage;
  device: Device;
  /** Processor or accelerator model. */
  deviceName: string;
}

export type OpenClassifier = Classifier & { provider: Device };

type Inference = Thread<InferenceRequest, InferenceAnswer[InferenceRequest['ask']]>;

/** Models that differ in nothing but their id share a session. */
function keyOf({ artifact, recipe, outputs, classOffset }: PlannedModel, device: Device): string {
  const { path, sha256 } = artifact;
  return digestOf({ path, sha256, recipe, outputs, classOffset, device });
}

export function openPipeline(options: PipelineOptions): Pipeline {
  const lanes = Array.from({ length: options.pixelThreads }, openPixelLane);
  const inference: Inference = startThread(threadFile(import.meta.url, './inference-thread'));
  const open = new Map<string, Promise<{ provider: Device }>>();
  let turn = 0;

  async function ask<Kind extends InferenceRequest['ask']>(
    request: Extract<InferenceRequest, { ask: Kind }>,
    transfer?: ArrayBuffer[],
  ): Promise<InferenceAnswer[Kind]> {
    return (await inference.ask(request, transfer)) as InferenceAnswer[Kind];
  }

  function openOnce(model: PlannedModel, device: Device): Promise<{ provider: Device }> {
    const key = keyOf(model, device);
    const { threads } = options;
    const opened = open.get(key) ?? ask({ ask: 'open', key, model, options: { threads, device } });
    open.set(key, opened);
    opened.catch(() => open.delete(key));
    return opened;
  }

  return {
    pixels({ dataset: { uri, layout } }, coming) {
      const dataset = { uri, layout };
      return {
        async pixels(entry, rules) {
          const started = performance.now();
          const bytes = await coming?.take(entry);
          const waitedMs = performance.now() - started;
          turn = (turn + 1) % lanes.length;
          const result = await lanes[turn].ask({ dataset, entry, rules, bytes });
          return 'crops' in result ? { ...result, readMs: result.readMs + waitedMs } : result;
        },
      };
    },
    async classifier(model, run) {
      const key = keyOf(model, run.device);
      const { provider } = await openOnce(model, run.device);
      const at = (batch: number): Classifier => ({
        batch,
        classify(crops, labels) {
          const buffers = crops.map((crop) => crop.buffer as ArrayBuffer);
          return ask({ ask: 'classify', key, batch, crops, labels }, buffers);
        },
      });
      const batch = await settleBatch(model, { ...run, device: run.deviceName, at });
      return { ...at(batch), provider };
    },
    async keepOnly(models, device) {
      const wanted = new Set(models.map((model) => keyOf(model, device)));
      for (const key of [...open.keys()].filter((known) => !wanted.has(known))) {
        open.delete(key);
        await ask({ ask: 'close', key });
      }
    },
    async close() {
      await Promise.all([...lanes, inference].map((opened) => opened.close()));
    },
  };
}
