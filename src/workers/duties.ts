/** What a worker does with the jobs that it takes: evaluates shards, aggregates runs. */
import { readEnvironment, topfiveVersion } from '../config.ts';
import { decoderVersion } from '../data/decode.ts';
import { TopfiveError } from '../errors.ts';
import { type EarlyStop, markStopped, readStopped } from '../jobs/early-stop.ts';
import { evaluateShard } from '../jobs/evaluate-shard.ts';
import { readFingerprint } from '../jobs/fingerprint.ts';
import { finishRun } from '../jobs/finish-run.ts';
import type { Plan } from '../jobs/plan.ts';
import { measureRunLatency } from '../jobs/run-latency.ts';
import { isCancelled } from '../jobs/run-state.ts';
import { restartElsewhere } from '../launch/device-process.ts';
import type { Logger } from '../log.ts';
import type { Device } from '../onnx/device.ts';
import { runtimeVersion } from '../onnx/session.ts';
import type { RunPayload, ShardPayload } from '../queue/payload.ts';
import type { AggregateContext, JobContext, RunWorkerOptions } from '../queue/run-worker.ts';
import type { Fingerprint } from '../scoring/records.ts';
import { openStorage } from '../storage/open.ts';
import type { Storage } from '../storage/storage.ts';
import { openFetching, type ShardImages } from './fetch-ahead.ts';
import { oneAtATime } from './one-at-a-time.ts';
import { openPipeline, type Pipeline } from './pipeline.ts';
import { openRunCache, type RunCache } from './run-cache.ts';

/** How often a worker looks whether its shard is still wanted, in milliseconds. */
const cancelPollMs = 1000;

export interface DutyOptions {
  store: string;
  /** For runs that leave the device open. */
  device: Device;
  /** Threads inside one operator of a model. */
  threads: number;
  /** Threads that decode and resize. */
  pixelThreads: number;
  log: Logger;
}

/** The threads and models of a worker; they outlive its connection to a queue. */
export interface Duties
  extends Required<Pick<RunWorkerOptions, 'shard' | 'measure' | 'aggregate' | 'holdsNext'>> {
  storage: Storage;
  acceptsStore: (uri: string) => boolean;
  close(): Promise<void>;
}

interface Workplace {
  options: DutyOptions;
  storage: Storage;
  pipeline: Pipeline;
  runs: RunCache;
  /** Of this process, by the device that computes. */
  fingerprints: Map<Device, Fingerprint>;
  /** Runs this while nothing else runs through it. */
  alone: <T>(work: () => Promise<T>) => Promise<T>;
}

export function openDuties(options: DutyOptions): Duties {
  const storage = openStorage(options.store);
  const { threads, pixelThreads } = options;
  const pipeline = openPipeline({ threads, pixelThreads });
  const fingerprints = new Map<Device, Fingerprint>();
  const runs = openRunCache(storage);
  const workplace = { options, storage, pipeline, runs, fingerprints, alone: oneAtATime() };
  const fetching = openFetching(runs);
  return {
    storage,
    shard(payload, context) {
      const { images, close } = fetching.start(payload);
      const job = { payload, context, images };
      return workplace.alone(() => takeShard(workplace, job)).finally(close);
    },
    holdsNext: fetching.isWorthwhile,
    async measure({ runId }, { signal }) {
      await measureLatencyOf(workplace, { runId, signal });
    },
    aggregate: (payload, context) => takeRun(workplace, { payload, context }),
    acceptsStore: (store) => store === storage.uri,
    close: () => pipeline.close(),
  };
}

function deviceOf({ spec }: Plan, options: DutyOptions): Device {
  return spec.device === 'auto' ? options.device : spec.device;
}

function fingerprintOf({ options, fingerprints }: Workplace, device: Device): Fingerprint {
  const fingerprint =
    fingerprints.get(device) ?? readFingerprint({ threads: options.threads, device });
  fingerprints.set(device, fingerprint);
  return fingerprint;
}

interface ShardJob {
  payload: ShardPayload;
  context: JobContext;
  /** Those that are fetched ahead. */
  images: ShardImages['images'];
}

async function takeShard(
  workplace: Workplace,
  { payload, context, images }: ShardJob,
): Promise<void> {
  const { options, storage, pipeline, runs } = workplace;
  const { runId, shard, group } = payload;
  if (await isUnwanted(storage, payload)) return;
  const { plan, manifest, early } = await runs.open(runId);
  const device = deviceOf(plan, options);
  const fingerprint = fingerprintOf(workplace, device);
  const run = { plan, storage, device, deviceName: fingerprint.device };
  const wanted = watchWish(context.signal, () => isUnwanted(storage, payload));
  try {
    await pipeline.keepOnly(
      plan.groups[group].map((index) => plan.models[index]),
      device,
    );
    await evaluateShard(
      { plan, manifest, shard, group },
      {
        storage,
        pixels: pipeline.pixels(plan, await images),
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

/** A signal that also fires when the work is no longer wanted. */
function watchWish(
  signal: AbortSignal,
  isUnwantedNow: () => Promise<boolean>,
): { signal: AbortSignal; stop: () => void } {
  const cancel = new AbortController();
  const timer = setInterval(() => {
    isUnwantedNow().then(
      (yes) => yes && cancel.abort(),
      () => {},
    );
  }, cancelPollMs);
  return { signal: AbortSignal.any([signal, cancel.signal]), stop: () => clearInterval(timer) };
}

/**
 * Latency is measured when all shards of the run are done and this worker does nothing else.
 * @returns false when the run was cancelled meanwhile
 */
async function measureLatencyOf(
  { options, storage, pipeline, runs, alone }: Workplace,
  { runId, signal }: { runId: string; signal: AbortSignal },
): Promise<boolean> {
  const { plan } = await runs.open(runId);
  const { latency } = plan.spec;
  if (!latency) return true;
  const device = deviceOf(plan, options);
  const wanted = watchWish(signal, () => isCancelled(storage, runId));
  try {
    await alone(async () => {
      await pipeline.keepOnly([], device);
      const { all: env } = readEnvironment();
      await measureRunLatency(plan, {
        storage,
        latency,
        device,
        restart: (request) => restartElsewhere(request, { env, signal: wanted.signal }),
        signal: wanted.signal,
      });
    });
  } finally {
    wanted.stop();
  }
  signal.throwIfAborted();
  return !(await isCancelled(storage, runId));
}

async function takeRun(
  workplace: Workplace,
  { payload, context }: { payload: RunPayload; context: AggregateContext },
): Promise<void> {
  const { options, storage } = workplace;
  const { runId } = payload;
  const { childFailures, finalAttempt, signal } = context;
  const record = await finishRun({
    storage,
    runId,
    childFailures,
    isFinal: () => finalAttempt && !signal.aborted,
    measure: () => measureLatencyOf(workplace, { runId, signal }),
  });
  if (record) options.log.info(`run ${runId} is ${record.status}`);
}
