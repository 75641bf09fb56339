/** Puts runs on the queue, takes them off, and says how they stand: the side of the queue that adds. */
import { randomUUID } from 'node:crypto';
import { FlowProducer, type JobsOptions } from 'bullmq';
import { z } from 'zod';
import { TopfiveError } from '../errors.ts';
import type { ShardJob } from '../jobs/missing.ts';
import type { ShardProgress } from '../jobs/shard-work.ts';
import { createLogger, type Logger } from '../log.ts';
import { runsQueue, shardsQueue } from './backend.ts';
import { connectQueue, countJobs, type QueueConnection, type QueueCounts } from './connection.ts';
import { logErrors } from './error-log.ts';
import { cancelEvent, openListener, type QueueListener, tellListeners } from './listener.ts';
import { isLost, withPatience } from './patience.ts';
import {
  checkPayload,
  latencyJob,
  latencyJobId,
  parseShardJobId,
  type RunPayload,
  runPayloadSchema,
  shardJobId,
  shardPayloadSchema,
} from './payload.ts';
import { redactUrl } from './url.ts';

export interface RunJobs {
  runId: string;
  /** URI of the storage that holds the run. */
  store: string;
  /** The shards that have no record yet. With none, the run is only aggregated. */
  jobs: ShardJob[];
}

/** How far one shard under one group of models has come, as its worker said. */
export type RunProgress = { runId: string } & ShardJob & ShardProgress;

export interface RunJobState {
  /**
   * `absent`: the queue knows nothing of the run. `evaluating`: shards are not finished. `aggregating`: all are, and the
   * run's own job waits or works. `done`, `failed`: that job has ended.
   */
  state: 'absent' | 'evaluating' | 'aggregating' | 'done' | 'failed';
  /** Why it failed. */
  reason?: string;
}

export interface MeasureJobState {
  state: 'open' | 'done' | 'failed';
  /** Why it failed. */
  reason?: string;
}

export interface RunQueue {
  /** Adds a run once: while the queue knows it, pending or finished, nothing is added. Resolves with jobs added. */
  enqueueRun(run: RunJobs): Promise<number>;
  /** Puts back what is missing: nothing while the run is pending; a finished or lost run gets a fresh round. */
  requeueRun(run: RunJobs): Promise<number>;
  /** Has a worker measure the latency of a run, once; to be asked again until it has ended. */
  measureRun(run: RunPayload): Promise<MeasureJobState>;
  /** Removes what waits and tells the workers that hold the rest. */
  cancelRun(runId: string): Promise<void>;
  counts(): Promise<QueueCounts>;
  /** Workers that are connected and take shards. */
  countWorkers(): Promise<number>;
  runState(runId: string): Promise<RunJobState>;
  /** Progress of every worker from now on; returns the way to stop listening. */
  onProgress(listener: (progress: RunProgress) => void): () => void;
  close(): Promise<void>;
}

export interface RunQueueOptions {
  log?: Logger;
  /** Wait before the second attempt of a job, doubled for each further one, with up to half of it taken off at random. */
  retryDelayMs?: number;
}

const progressSchema = z.object({
  done: z.number(),
  total: z.number(),
  scored: z.number(),
  failed: z.number(),
});

/** Rejects with a `queue` error when the server does not answer. */
export async function openRunQueue(url: string, options: RunQueueOptions = {}): Promise<RunQueue> {
  const { log = createLogger('warn'), retryDelayMs = 2000 } = options;
  const connection = await connectQueue(url, log);
  const flows = new FlowProducer(connection.options, connection.shared);
  flows.on('error', logErrors(log, 'queue'));
  const progress = listenForProgress(connection, log);
  const ask = <T>(work: () => Promise<T>) =>
    withPatience(work).catch((error) => {
      throw isLost(error) ? lost(url, error) : error;
    });
  const add = async (run: RunJobs, generation: string) => {
    const flow = makeFlow(run, { generation, retryDelayMs });
    await ask(() => flows.add(flow));
    return run.jobs.length + 1;
  };
  return {
    async enqueueRun(run) {
      const { state } = await ask(() => readRunState(connection, run.runId));
      return state === 'absent' ? add(run, 'first') : 0;
    },
    async requeueRun(run) {
      const isFree = await ask(() => makeRoom(connection, run.runId));
      return isFree ? add(run, randomUUID().slice(0, 8)) : 0;
    },
    measureRun: (run) => ask(() => measureRun(connection, run, retriesOf(retryDelayMs))),
    cancelRun: (runId) => ask(() => cancelRun(connection, runId)),
    counts: () => ask(() => countJobs(connection)),
    countWorkers: () => ask(() => connection.shards.getWorkersCount()),
    runState: (runId) => ask(() => readRunState(connection, runId)),
    onProgress: progress.listen,
    async close() {
      await progress.close();
      await connection.close();
    },
  };
}

/** A server that was there when the queue was opened. */
function lost(url: string, cause: unknown): TopfiveError {
  return new TopfiveError(
    'failed',
    `the queue at ${redactUrl(url)} stopped answering; start its server again, then "topfive resume" goes on with the run`,
    { cause },
  );
}

/** Finished jobs that the queue remembers; a run itself lives in storage. Ages in seconds. */
const shardsKept = { count: 1000, age: 86_400 };
const runsKept = { count: 20, age: 7 * 86_400 };

function makeFlow(
  { runId, store, jobs }: RunJobs,
  { generation, retryDelayMs }: { generation: string; retryDelayMs: number },
) {
  const retries = retriesOf(retryDelayMs);
  const shardOptions = {
    ...retries,
    // A shard that fails for good must not keep its run waiting for ever: the run is then aggregated and says so.
    ignoreDependencyOnFailure: true,
    removeOnComplete: shardsKept,
    removeOnFail: shardsKept,
  };
  return {
    name: 'aggregate',
    queueName: runsQueue,
    data: checkPayload(runPayloadSchema, { runId, store }),
    opts: { ...retries, jobId: runId, removeOnComplete: runsKept, removeOnFail: runsKept },
    children: jobs.map(({ shard, group }) => ({
      name: 'shard',
      queueName: shardsQueue,
      data: checkPayload(shardPayloadSchema, { runId, store, shard, group }),
      opts: { ...shardOptions, jobId: shardJobId(runId, { generation, shard, group }) },
    })),
  };
}

function retriesOf(retryDelayMs: number): JobsOptions {
  return {
    attempts: 4,
    backoff: { type: 'exponential', delay: retryDelayMs, jitter: 0.5 },
    stackTraceLimit: 1,
  };
}

/** What is there already is not added again. */
async function measureRun(
  { shards }: QueueConnection,
  run: RunPayload,
  retries: JobsOptions,
): Promise<MeasureJobState> {
  const jobId = latencyJobId(run.runId);
  const kept = { removeOnComplete: shardsKept, removeOnFail: shardsKept };
  await shards.add(latencyJob, checkPayload(runPayloadSchema, run), { ...retries, ...kept, jobId });
  const state = await shards.getJobState(jobId);
  if (state === 'completed') return { state: 'done' };
  if (state !== 'failed') return { state: 'open' };
  const reason = (await shards.getJob(jobId))?.failedReason;
  return { state: 'failed', ...(reason && { reason }) };
}

/** True when the run may be added; a finished one is removed with its jobs first. */
async function makeRoom({ runs }: QueueConnection, runId: string): Promise<boolean> {
  const state = await runs.getJobState(runId);
  if (state === 'unknown') return true;
  if (state !== 'completed' && state !== 'failed') return false;
  // Redis counts what is not locked, Postgres what it removed; somebody else may have removed it just now.
  if ((await runs.remove(runId, { removeChildren: true })) > 0) return true;
  if ((await runs.getJobState(runId)) === 'unknown') return true;
  throw new TopfiveError(
    'queue',
    `a worker still holds a job of an earlier round of run ${runId}; try again when it has finished`,
  );
}

/**
 * The run's own job goes first, so that it is not aggregated when the last of its shards is removed. A shard that a worker
 * takes meanwhile finds no run and is given up.
 */
async function cancelRun(connection: QueueConnection, runId: string): Promise<void> {
  const { runs, shards, jobIdOf } = connection;
  const run = await runs.getJob(runId);
  const { unprocessed = [] } = (await run?.getDependencies()) ?? {};
  await runs.remove(runId, { removeChildren: false });
  const ids = [latencyJobId(runId), ...unprocessed.map(jobIdOf)];
  for (let start = 0; start < ids.length; start += 100) {
    await Promise.all(ids.slice(start, start + 100).map((id) => shards.remove(id)));
  }
  await tellListeners(connection, { eventName: cancelEvent, runId });
}

async function readRunState({ runs }: QueueConnection, runId: string): Promise<RunJobState> {
  const state = await runs.getJobState(runId);
  if (state === 'unknown') return { state: 'absent' };
  if (state === 'waiting-children') return { state: 'evaluating' };
  if (state === 'completed') return { state: 'done' };
  if (state !== 'failed') return { state: 'aggregating' };
  const reason = (await runs.getJob(runId))?.failedReason;
  return { state: 'failed', ...(reason && { reason }) };
}

/** Opens its own connection when the first listener comes. */
function listenForProgress(connection: QueueConnection, log: Logger) {
  const listeners = new Set<(progress: RunProgress) => void>();
  let events: QueueListener | undefined;
  const open = () => {
    const opened = openListener(connection, log);
    opened.events.on('progress', ({ jobId, data }) => {
      const job = parseShardJobId(jobId);
      const progress = progressSchema.safeParse(data);
      if (!job || !progress.success) return;
      for (const listener of listeners) listener({ ...job, ...progress.data });
    });
    return opened;
  };
  return {
    listen(listener: (progress: RunProgress) => void): () => void {
      events ??= open();
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    async close(): Promise<void> {
      await events?.close();
    },
  };
}
