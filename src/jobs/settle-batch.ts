/** The batch size of a model in a run: measured by the first worker that needs it, then fixed for all. */
import { z } from 'zod';
import { digestOf } from '../storage/digest.ts';
import type { Storage } from '../storage/storage.ts';
import type { Plan, PlannedModel } from './plan.ts';
import type { Classifier } from './ports.ts';
import { batchKey, runKeys } from './run-keys.ts';

const batchSchema = z.object({ batch: z.number().int().positive() });

const candidates = [1, 2, 4, 8, 16, 32];
/** Each trial of a candidate runs at least this long, in seconds. */
const trialSeconds = 0.05;
/** Trials of each candidate that is in question after its first; in turn, so that a busy moment touches all. */
const furtherTrials = 2;
/** A candidate that is this much slower than the best in its first trial is out of the question. */
const hopeless = 1.15;
/** Batches whose time an image is this near to the best are equal: timings are no finer. */
const nearlyEqual = 1.03;
/** No larger batch is tried once a single run takes this many seconds: what surrounds it is then nothing beside it. */
const longestRun = 0.2;

export interface Settling {
  plan: Plan;
  storage: Storage;
  /** Processor or accelerator model: a batch measured on another one says nothing here. */
  device: string;
  /** The model at a batch size. */
  at: (batch: number) => Pick<Classifier, 'classify'>;
}

/** The first worker's measurement stands for the run. A run that reuses records starts from the last one's batch. */
export async function settleBatch(model: PlannedModel, settling: Settling): Promise<number> {
  const { plan, storage, device, at } = settling;
  if (model.fixedBatch !== null) return model.fixedBatch;
  if (plan.spec.batchSize !== 'auto') return plan.spec.batchSize;
  const key = runKeys(plan.runId).batch(model);
  if ((await storage.size(key)) === undefined) {
    const lastKey = batchCacheKey(model, device);
    const last = plan.reuse ? await readBatch(storage, lastKey) : undefined;
    const batch =
      last ??
      (await measureBatch(
        (size) => timeBatch(at(size), { size, side: model.recipe.crop }),
        async () => (await storage.size(key)) !== undefined,
      ));
    await storage.put(key, JSON.stringify({ batch }), { ifAbsent: true });
    await storage.put(lastKey, await storage.get(key));
  }
  return (await readBatch(storage, key)) ?? 1;
}

/** Seconds from black crops to answers: what surrounds the run (messages, normalising, ranking) counts as well. */
async function timeBatch(
  { classify }: Pick<Classifier, 'classify'>,
  { size, side }: { size: number; side: number },
): Promise<number> {
  const crops = Array.from({ length: size }, () => new Uint8Array(side * side * 3));
  const labels = crops.map(() => 0);
  const started = performance.now();
  await classify(crops, labels);
  return (performance.now() - started) / 1000;
}

function batchCacheKey(model: PlannedModel, device: string): string {
  const { artifact, recipe, normalisation } = model;
  return batchKey(
    digestOf({ artifact: artifact.sha256, crop: recipe.crop, normalisation, device }),
  );
}

async function readBatch(storage: Storage, key: string): Promise<number | undefined> {
  if ((await storage.size(key)) === undefined) return undefined;
  return batchSchema.parse(JSON.parse((await storage.get(key)).toString())).batch;
}

/** Has a run work with the batches of an earlier one, as a repeat of it must. */
export async function copyBatches(
  storage: Storage,
  { from, to }: { from: string; to: Pick<Plan, 'runId' | 'models'> },
): Promise<void> {
  for (const model of to.models) {
    const batch = await readBatch(storage, runKeys(from).batch(model));
    if (batch === undefined) continue;
    await storage.put(runKeys(to.runId).batch(model), JSON.stringify({ batch }));
  }
}

/**
 * The batch with the most images a second. Of nearly equal ones the largest, because what surrounds a run (messages,
 * ranking) is paid once a batch.
 * @param time gives the seconds of one run of a batch
 * @param isSettled whether another worker has measured meanwhile; what is returned then is of no use
 */
export async function measureBatch(
  time: TimeBatch,
  isSettled: () => Promise<boolean> = async () => false,
): Promise<number> {
  const trials = await firstTrials(time, isSettled);
  const quickest = Math.min(...trials.map(({ seconds }) => seconds[0]));
  const inQuestion = trials.filter(({ seconds }) => seconds[0] <= quickest * hopeless);
  if (inQuestion.length === 1) return inQuestion[0].batch;
  for (let round = 0; round < furtherTrials && !(await isSettled()); round += 1) {
    for (const { batch, seconds } of inQuestion) seconds.push(await meanRun(batch, time));
  }
  const settled = inQuestion.map(({ batch, seconds }) => ({ batch, middle: median(seconds) }));
  const best = Math.min(...settled.map(({ middle }) => middle));
  const equal = settled.filter(({ middle }) => middle <= best * nearlyEqual);
  return Math.max(...equal.map(({ batch }) => batch));
}

/** Seconds an image in each trial of a candidate. */
interface Trials {
  batch: number;
  seconds: number[];
}

type TimeBatch = (batch: number) => Promise<number>;

/** From the smallest batch up, until larger ones are hopeless or take too long. */
async function firstTrials(time: TimeBatch, isSettled: () => Promise<boolean>): Promise<Trials[]> {
  const trials: Trials[] = [];
  let best = Number.POSITIVE_INFINITY;
  for (const batch of candidates) {
    if (trials.length > 0 && (await isSettled())) break;
    const warmUp = await time(batch);
    const tooLong = warmUp > longestRun;
    if (tooLong && trials.length > 0) break;
    let seconds = tooLong ? warmUp / batch : await meanRun(batch, time);
    // A second look before the search ends: the first may have met a busy moment.
    if (seconds > hopeless * best) seconds = Math.min(seconds, await meanRun(batch, time));
    trials.push({ batch, seconds: [seconds] });
    if (tooLong || seconds > hopeless * best) break;
    best = Math.min(best, seconds);
  }
  return trials;
}

/** Seconds an image. The mean, not the minimum: a short run escapes other work on the core more often than a long one. */
async function meanRun(batch: number, time: TimeBatch): Promise<number> {
  let seconds = 0;
  let runs = 0;
  for (; seconds < trialSeconds; runs += 1) seconds += Math.max(await time(batch), 1e-5);
  return seconds / runs / batch;
}

function median(values: number[]): number {
  return [...values].sort((a, b) => a - b)[values.length >> 1];
}
