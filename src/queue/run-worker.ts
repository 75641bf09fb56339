/** Takes jobs off the queue, one shard and one run at a time, until closed or idle. */
import { type Job, Worker } from 'bullmq';
import { TopfiveError } from '../errors.ts';
import type { ChildFailure } from '../jobs/aggregate.ts';
import type { Logger } from '../log.ts';
import { createBackend, nightsQueue, runsQueue, shardsQueue } from './backend.ts';
import { type BullWorker, closeWorkers, disconnect } from './close-workers.ts';
import { closeWithinMs, connectQueue, type QueueConnection } from './connection.ts';
import { logErrors } from './error-log.ts';
import { watchNext } from './hold-next.ts';
import { attemptJob, type JobContext, type Shift } from './job-attempt.ts';
import { openListener } from './listener.ts';
import { settlesWithin, withPatience } from './patience.ts';
import {
  latencyJob,
  type NightPayload,
  nightPayloadSchema,
  parseShardJobId,
  type RunPayload,
  runPayloadSchema,
  type ShardPayload,
  shardPayloadSchema,
} from './payload.ts';
import { redactUrl } from './url.ts';
import { type EndContext, type Ending, joinTail, waitForCause } from './worker-end.ts';

export type { JobContext } from './job-attempt.ts';

export interface AggregateContext extends JobContext {
  childFailures: ChildFailure[];
}

export interface NightContext extends JobContext {
  /** When the timetable asked for the night. */
  due: Date;
}

export interface RunWorkerOptions extends Ending {
  url: string;
  /** Without it the worker takes no shards. */
  shard?: (payload: ShardPayload, context: JobContext) => Promise<void>;
  /** Latency of a run whose coordinator has another machine; comes to the workers that take shards. */
  measure?: (payload: RunPayload, context: JobContext) => Promise<void>;
  /** Without it the worker takes no runs. */
  aggregate?: (payload: RunPayload, context: AggregateContext) => Promise<void>;
  /** Without it the worker takes no nights. */
  night?: (payload: NightPayload, context: NightContext) => Promise<void>;
  /** Whether to take the next shard before this one ends, which is worth it where something else than computing begins then. */
  holdsNext?: (payload: ShardPayload) => Promise<boolean>;
  /** Whether this worker serves that storage; a job of another is put back untouched. Default: all. */
  acceptsStore?: (uri: string) => boolean;
  /** How long a job stays with a worker that gives no sign of life. */
  lockMs?: number;
  stalledIntervalMs?: number;
  /** How often a job may be lost together with its worker before it is held to be the cause. */
  maxStalledCount?: number;
  /** How long a job of another storage waits before a worker looks at it again. */
  refusalDelayMs?: number;
  log: Logger;
}

export interface RunWorker {
  /** Resolves when the worker has ended; rejects with a `queue` error when it ended because the queue was lost. */
  done: Promise<void>;
  /** Takes no more jobs, waits `graceMs` for those it has, then aborts them, and they go back on the queue. */
  close(graceMs?: number): Promise<void>;
  /** Drops what it has without a word to the queue, which may be gone: its run is over. */
  leave(): Promise<void>;
}

const defaultGraceMs = 10_000;

/** Rejects with a `queue` error when the server does not answer. */
export async function startRunWorker(options: RunWorkerOptions): Promise<RunWorker> {
  const { url, log } = options;
  const ending = new AbortController();
  const shift: Shift = {
    attempts: new Set(),
    ending: ending.signal,
    acceptsStore: options.acceptsStore ?? (() => true),
    refusalDelayMs: options.refusalDelayMs ?? 5000,
    refused: new Set(),
    log,
  };
  const connection = await connectQueue(url, log);
  const listener = openListener(connection, log);
  listener.onCancel((runId) => {
    for (const attempt of shift.attempts) if (attempt.runId === runId) attempt.cancel.abort();
  });
  const tail = joinTail(connection, listener);
  const workers: BullWorker[] = [];
  const closeRequest = new AbortController();
  let closing: Promise<void> | undefined;
  const end = (closeAll: () => Promise<void>) => {
    closing ??= closeAll().finally(async () => {
      await listener.close();
      await connection.close();
    });
    closeRequest.abort();
    return closing;
  };
  const close = (graceMs = defaultGraceMs) =>
    end(() => closeWorkers(workers, { connection, shift, ending, graceMs }));
  const leave = () =>
    end(async () => {
      ending.abort();
      const closed = Promise.all(workers.map((worker) => worker.close(true)));
      if (!(await settlesWithin(closed, closeWithinMs))) disconnect(workers);
    });
  try {
    await listener.hears();
    workers.push(...makeWorkers(options, { connection, shift }));
    await Promise.all(workers.map((worker) => worker.waitUntilReady()));
  } catch (error) {
    await close(0);
    throw error;
  }
  const done = waitForEnd(options, {
    connection,
    serves: queuesOf(options, connection),
    shift,
    tail,
    signal: closeRequest.signal,
    close,
  });
  done.catch(() => {});
  return { done, close, leave };
}

/** Resolves when it was closed, or closes it when it has been idle for long enough. */
async function waitForEnd(
  options: RunWorkerOptions,
  { close, ...shared }: EndContext & { close: RunWorker['close'] },
): Promise<void> {
  const cause = await waitForCause(options, shared);
  await close();
  if (cause !== 'unreachable') return;
  throw new TopfiveError(
    'queue',
    `the queue at ${redactUrl(options.url)} stopped answering, so this worker has ended; start its server and a new worker`,
  );
}

function queuesOf({ shard, aggregate }: RunWorkerOptions, { runs, shards }: QueueConnection) {
  return [...(shard ? [shards] : []), ...(aggregate ? [runs] : [])];
}

function makeWorkers(
  options: RunWorkerOptions,
  { connection, shift }: { connection: QueueConnection; shift: Shift },
): BullWorker[] {
  const settings = {
    ...connection.options,
    concurrency: 1,
    lockDuration: options.lockMs ?? 30_000,
    stalledInterval: options.stalledIntervalMs ?? 10_000,
    maxStalledCount: options.maxStalledCount ?? 8,
    // After an outage a job that has ended is reported this soon, well before its lock expires.
    runRetryDelay: 1000,
  };
  const start = (name: string, process: (job: Job, token?: string) => Promise<void>) => {
    const worker: BullWorker = new Worker(name, process, settings, createBackend);
    worker.on('error', logErrors(options.log, `worker of ${name}`));
    return worker;
  };
  const { shard, measure, aggregate, night } = options;
  const allow = (count: number) => {
    for (const worker of shardWorkers) worker.concurrency = count;
  };
  const onTaken = watchNext(connection, { allow, log: options.log });
  const takeShard = async (payload: ShardPayload, context: JobContext) => {
    onTaken(async () => (await options.holdsNext?.(payload)) ?? false);
    await checkWanted(connection, payload);
    await shard?.(payload, context);
  };
  const takeRun = async (job: Job, payload: RunPayload, context: JobContext) => {
    const childFailures = await readChildFailures(job, connection);
    await aggregate?.(payload, { ...context, childFailures });
  };
  const takeMeasurement = async (payload: RunPayload, context: JobContext) => {
    await checkWanted(connection, payload);
    await measure?.(payload, context);
  };
  const shards = (job: Job, token?: string) =>
    job.name === latencyJob
      ? attemptJob(job, { token, schema: runPayloadSchema, shift, work: takeMeasurement })
      : attemptJob(job, { token, schema: shardPayloadSchema, shift, work: takeShard });
  const runs = (job: Job, token?: string) =>
    attemptJob(job, {
      token,
      schema: runPayloadSchema,
      shift,
      work: (payload, context) => takeRun(job, payload, context),
    });
  const nights = (job: Job, token?: string) =>
    attemptJob(job, {
      token,
      schema: nightPayloadSchema,
      shift,
      work: async (payload, context) => night?.(payload, { ...context, due: dueOf(job) }),
    });
  const shardWorkers = shard ? [start(shardsQueue, shards)] : [];
  return [
    ...shardWorkers,
    ...(aggregate ? [start(runsQueue, runs)] : []),
    ...(night ? [start(nightsQueue, nights)] : []),
  ];
}

/** BullMQ keeps in the job for when its scheduler made it; a worker may have come to it much later. */
function dueOf({ opts, timestamp }: Job): Date {
  return new Date(opts.prevMillis ?? timestamp);
}

/** A job whose run is no longer on the queue was cancelled between two jobs. */
async function checkWanted({ runs }: QueueConnection, { runId }: RunPayload): Promise<void> {
  if ((await withPatience(() => runs.getJobState(runId))) === 'unknown') {
    throw new TopfiveError(
      'cancelled',
      `run ${runId} was cancelled; "topfive resume" continues it`,
    );
  }
}

async function readChildFailures(job: Job, { jobIdOf }: QueueConnection): Promise<ChildFailure[]> {
  const failures = Object.entries(await withPatience(() => job.getIgnoredChildrenFailures()));
  return failures.flatMap(([key, reason]) => {
    const child = parseShardJobId(jobIdOf(key));
    return child ? [{ shard: child.shard, group: child.group, reason: String(reason) }] : [];
  });
}
