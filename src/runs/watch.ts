/** Watching a run until it ends: committed records from storage, live counts from the queue. */
import { setTimeout as pause } from 'node:timers/promises';
import { TopfiveError } from '../errors.ts';
import { type KnownTallies, markFailed, type RunState, readRunState } from '../jobs/run-state.ts';
import type { RunQueue } from '../queue/run-queue.ts';
import type { Storage } from '../storage/storage.ts';

/** How often storage is looked at, in milliseconds. */
const pollMs = 400;

export interface Watched extends RunState {
  /** Image × model pairs with a state, those of unfinished shards included. */
  doneNow: number;
  seconds: number;
}

export interface WatchOptions {
  storage: Storage;
  runId: string;
  queue?: RunQueue;
  /** Ends the watching, not the run. */
  signal?: AbortSignal;
  /** Rejects when nobody is left to work on the run. */
  fleetDone?: Promise<void>;
  onState: (state: Watched) => void;
}

/** Resolves with the state in which the run ended, or the latest one when `signal` fires. */
export async function watchRun(options: WatchOptions): Promise<Watched> {
  const { storage, runId, queue, signal } = options;
  const known: KnownTallies = new Map();
  const live = new Map<string, number>();
  const started = performance.now();
  const stopListening = queue?.onProgress((progress) => {
    if (progress.runId === runId) live.set(`${progress.shard} ${progress.group}`, progress.done);
  });
  let fleetError: Error | undefined;
  options.fleetDone?.catch((error: Error) => {
    fleetError = error;
  });
  try {
    for (;;) {
      const state = await readRunState(storage, { runId, known });
      const committed = state.images.scored + state.images.failed;
      const seen = [...live.values()].reduce((sum, done) => sum + done, 0);
      const doneNow = Math.min(state.images.expected, Math.max(committed, seen));
      const watched = { ...state, doneNow, seconds: (performance.now() - started) / 1000 };
      options.onState(watched);
      if (hasEnded(state) || signal?.aborted) return watched;
      if (fleetError) throw fleetError;
      await failWithQueue({ storage, runId, queue });
      await pause(pollMs, undefined, { signal }).catch(() => {});
    }
  } finally {
    stopListening?.();
  }
}

export function hasEnded({ status }: RunState): boolean {
  return status !== 'queued' && status !== 'running';
}

/** The queue gave the run's last job up: the run has failed. */
async function failWithQueue({
  storage,
  runId,
  queue,
}: {
  storage: Storage;
  runId: string;
  queue: RunQueue | undefined;
}) {
  const parent = await queue?.runState(runId);
  if (parent?.state !== 'failed') return;
  const reason = parent.reason ?? 'the queue gave the run up';
  await markFailed(storage, { runId, reason });
  throw new TopfiveError(
    'failed',
    `run ${runId} failed: ${reason}; mend the cause, then "topfive resume ${runId}"`,
  );
}
