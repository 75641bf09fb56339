/** A worker: takes jobs off the queue, evaluates shards, aggregates runs, until told to stop or idle. */
import { topfiveVersion } from '../config.ts';
import { decoderVersion } from '../data/decode.ts';
import { messageOf, TopfiveError } from '../errors.ts';
import { aggregateRun } from '../jobs/aggregate.ts';
import { type EarlyStop, markStopped, readStopped } from '../jobs/early-stop.ts';
import { evaluateShard } from '../jobs/evaluate-shard.ts';
import { readFingerprint } from '../jobs/fingerprint.ts';
import type { Plan } from '../jobs/plan.ts';
import { isCancelled, markFailed } from '../jobs/run-state.ts';
import type { Logger } from '../log.ts';
import type { Device } from '../onnx/device.ts';
import { runtimeVersion } from '../onnx/session.ts';
import type { RunPayload, ShardPayload } from '../queue/payload.ts';
import { type AggregateContext, type JobContext, startRunWorker } from '../queue/run-worker.ts';
import type { Fingerprint } from '../scoring/records.ts';
import { openStorage } from '../storage/open.ts';
import type { Storage } from '../storage/storage.ts';
import { openPipeline, type Pipeline } from './pipeline.ts';
import { openRunCache, type RunCache } from './run-cache.ts';

/** How often a worker looks whether its shard is still wanted, in milliseconds. */
const cancelPollMs = 1000;

export interface WorkerOptions {
  store: string;
  /** URL of the queue's engine. */
  queue: string;
  /** For runs that leave the device open. */
  device: Device;
  /** Threads inside one operator of a model. */
  threads: number;
  /** Threads that decode and resize. */
  pixelThreads: number;
  exitWhenIdleSeconds?: number;
  log: Logger;
}

export interface RunningWorker {
  /** Resolves when the worker has ended by itself or was closed. */
  done: Promise<void>;
  close(graceMs?: number): Promise<void>;
}

interface Workplace {
  options: WorkerOptions;
  storage: Storage;
  pipeline: Pipeline;
  runs: RunCache;
  /** Of this process, by the device that computes. */
  fingerprints: Map<Device, Fingerprint>;
}

export async function startWorker(options: WorkerOptions): Promise<RunningWorker> {
  const storage = openStorage(options.store);
  const { threads, pixelThreads } = options;
  const pipeline = openPipeline({ threads, pixelThreads });
  const fingerprints = new Map<Device, Fingerprint>();
  const workplace = { options, storage, pipeline, runs: openRunCache(storage), fingerprints };
  const worker = await startRunWorker({
    url: options.queue,
    shard: (payload, context) => takeShard(workplace, { payload, context }),
    aggregate: (payload, context) => takeRun(workplace, { payload, context }),
    acceptsStore: (store) => store === storage.uri,
    ...(options.exitWhenIdleSeconds !== undefined && {
      exitWhenIdleSeconds: options.exitWhenIdleSeconds,
    }),
    log: options.log,
  });
  return {
    done: worker.done.finally(() => pipeline.close()),
    close: (graceMs) => worker.close(graceMs),
  };
}

function fingerprintOf({ options, fingerprints }: Workplace, device: Device): Fingerprint {
  const fingerprint =
    fingerprints.get(device) ?? readFingerprint({ threads: options.threads, device });
  fingerprints.set(device, fingerprint);
  return fingerprint;
}

async function takeShard(
  workplace: Workplace,
  { payload, context }: { payload: ShardPayload; context: JobContext },
): Promise<void> {
  const { options, storage, pipeline, runs } = workplace;
  const { runId, shard, group } = payload;
  if (await isUnwanted(storage, payload)) return;
  const { plan, manifest, early } = await runs.open(runId);
  const device = plan.spec.device === 'auto' ? options.device : plan.spec.device;
  const fingerprint = fingerprintOf(workplace, device);
  const run = { plan, storage, device, deviceName: fingerprint.device };
  const wanted = watchWish(storage, { payload, signal: context.signal });
  try {
    await pipeline.keepOnly(
      plan.groups[group].map((index) => plan.models[index]),
      device,
    );
    await evaluateShard(
      { plan, manifest, shard, group },
      {
        storage,
        pixels: pipeline.pixels(plan),
        ahead: 4 * options.pixelThreads + 8,
        classifier: (model) => pipeline.classifier(model, run),
        versions: { runtime: runtimeVersion, decoder: decoderVersion, topfive: topfiveVersion },
        fingerprint,
        signal: wanted.signal,
        progress: context.progress,
      },
    );
    if (early) await stopIfCertain(early, { plan, storage });
  } catch (error) {
    if (
      error instanceof TopfiveError &&
      error.kind === 'cancelled' &&
      (await isUnwanted(storage, payload))
    ) {
      return;
    }
    throw error;
  } finally {
    wanted.stop();
  }
}

async function stopIfCertain(
  early: EarlyStop,
  { plan: { runId, shards }, storage }: { plan: Plan; storage: Storage },
): Promise<void> {
  const { decidedBy } = await early.read();
  if (decidedBy === undefined || decidedBy >= shards.length) return;
  await markStopped(storage, { runId, shards: decidedBy });
}

/** The run was cancelled, or early stop was certain before this shard. */
async function isUnwanted(storage: Storage, { runId, shard }: ShardPayload): Promise<boolean> {
  if (await isCancelled(storage, runId)) return true;
  const wanted = await readStopped(storage, runId);
  return wanted !== undefined && shard >= wanted;
}

/** A signal that also fires when the shard is no longer wanted. */
function watchWish(
  storage: Storage,
  { payload, signal }: { payload: ShardPayload; signal: AbortSignal },
): { signal: AbortSignal; stop: () => void } {
  const cancel = new AbortController();
  const timer = setInterval(() => {
    isUnwanted(storage, payload).then(
      (yes) => yes && cancel.abort(),
      () => {},
    );
  }, cancelPollMs);
  return { signal: AbortSignal.any([signal, cancel.signal]), stop: () => clearInterval(timer) };
}

async function takeRun(
  { options, storage }: Workplace,
  { payload, context }: { payload: RunPayload; context: AggregateContext },
): Promise<void> {
  const { runId } = payload;
  if (await isCancelled(storage, runId)) return;
  try {
    const { childFailures } = context;
    const record = await aggregateRun({ storage, runId, childFailures, finishedAt: new Date() });
    options.log.info(`run ${runId} is ${record.status}`);
  } catch (error) {
    if (context.finalAttempt) await markFailed(storage, { runId, reason: messageOf(error) });
    throw error;
  }
}
