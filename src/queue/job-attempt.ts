/** One attempt at one job: what its work is given, and what its ending means to the queue. */
import { DelayedError, type Job, UnrecoverableError, WaitingError } from 'bullmq';
import type { z } from 'zod';
import { messageOf, TopfiveError } from '../errors.ts';
import type { ShardProgress } from '../jobs/shard-work.ts';
import type { Logger } from '../log.ts';
import { type NightPayload, parsePayload, type RunPayload } from './payload.ts';
import { throttleProgress } from './progress-throttle.ts';

export interface JobContext {
  /** Fires when the run is cancelled or the worker must end. */
  signal: AbortSignal;
  /** Tells watchers; may be called for every image. */
  progress(progress: ShardProgress): void;
  /** 1 for the first. A lost worker's attempt does not count. */
  attempt: number;
  /** True when a failure will not be tried again. */
  finalAttempt: boolean;
}

type Payload = RunPayload | NightPayload;

/** A job that is being worked on. */
interface Attempt {
  runId: string | undefined;
  /** Known once its storage turned out to be one that this worker serves. */
  isOurs: boolean;
  cancel: AbortController;
}

/** What all attempts of a worker share. */
export interface Shift {
  attempts: Set<Attempt>;
  /** Fires when work in progress must be given back. */
  ending: AbortSignal;
  acceptsStore: (uri: string) => boolean;
  refusalDelayMs: number;
  /** Runs and schedules of other storages that a person was told of. */
  refused: Set<string>;
  log: Logger;
}

const progressEveryMs = 250;

/**
 * Does the work. An error that a retry may mend is left to the queue's retries; a TopfiveError that is not retryable, a
 * payload of another form and a cancelled run fail the job at once; work given back counts as no attempt at all.
 */
export async function attemptJob<P extends Payload>(
  job: Job,
  {
    token,
    schema,
    work,
    shift,
  }: {
    token: string | undefined;
    schema: z.ZodType<P>;
    work: (payload: P, context: JobContext) => Promise<void>;
    shift: Shift;
  },
): Promise<void> {
  const attempt: Attempt = { runId: undefined, isOurs: false, cancel: new AbortController() };
  shift.attempts.add(attempt);
  try {
    const payload = parsePayload(schema, job.data);
    if (!shift.acceptsStore(payload.store)) await refuse(job, { token, payload, shift });
    attempt.isOurs = true;
    if ('runId' in payload) attempt.runId = payload.runId;
    const signal = AbortSignal.any([shift.ending, attempt.cancel.signal]);
    signal.throwIfAborted();
    await workWithContext(job, { signal, log: shift.log, work: (c) => work(payload, c) });
  } catch (error) {
    if (error instanceof DelayedError) throw error;
    if (attempt.cancel.signal.aborted) throw new UnrecoverableError('the run was cancelled');
    if (shift.ending.aborted) {
      await job.moveToWait(token);
      throw new WaitingError('the worker ended');
    }
    if (error instanceof TopfiveError && !error.retryable) {
      throw new UnrecoverableError(error.message);
    }
    throw error instanceof Error ? error : new Error(messageOf(error));
  } finally {
    shift.attempts.delete(attempt);
  }
}

async function workWithContext(
  job: Job,
  {
    signal,
    log,
    work,
  }: { signal: AbortSignal; log: Logger; work: (context: JobContext) => Promise<void> },
): Promise<void> {
  const send = (progress: ShardProgress) =>
    job
      .updateProgress({ ...progress })
      .catch((error) => log.debug(`progress was not sent: ${messageOf(error)}`));
  const progress = throttleProgress(send, progressEveryMs);
  const attempt = job.attemptsMade + 1;
  const finalAttempt = attempt >= (job.opts.attempts ?? 1);
  try {
    await work({ signal, progress: progress.report, attempt, finalAttempt });
  } finally {
    await progress.flush();
  }
}

/** Another worker serves that storage: the job goes back, later, with all its attempts. */
async function refuse(
  job: Job,
  { token, payload, shift }: { token: string | undefined; payload: Payload; shift: Shift },
): Promise<never> {
  const what = 'runId' in payload ? `run ${payload.runId}` : `schedule ${payload.schedule}`;
  shift.log[shift.refused.has(what) ? 'debug' : 'warn'](
    `jobs of ${what} are for storage ${payload.store}, which this worker does not serve; start a worker with that --store`,
  );
  shift.refused.add(what);
  await job.moveToDelayed(Date.now() + shift.refusalDelayMs, token);
  throw new DelayedError(`this worker does not serve storage ${payload.store}`);
}
