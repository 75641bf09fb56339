/** Watching a run until it ends: committed records from storage, live counts from the queue. */
import { setTimeout as pause } from 'node:timers/promises';
import { messageOf, TopfiveError } from '../errors.ts';
import { loadPlan, type Plan } from '../jobs/plan.ts';
import { runKeys } from '../jobs/run-keys.ts';
import {
  type KnownTallies,
  type ModelState,
  markFailed,
  type RunState,
  readRunState,
} from '../jobs/run-state.ts';
import type { RunJobState, RunQueue } from '../queue/run-queue.ts';
import type { Storage } from '../storage/storage.ts';

/** How often storage is looked at, in milliseconds; where every look is paid for, less often. */
const pollMs = 400;
const remotePollMs = 2000;

export interface WatchedModel extends ModelState {
  /** Images with a state, those of unfinished shards included. */
  doneNow: number;
}

export interface Watched extends RunState {
  models: WatchedModel[];
  /** The sum over the models. */
  doneNow: number;
  /** Since the watching began. */
  seconds: number;
}

export interface WatchOptions {
  storage: Storage;
  runId: string;
  queue?: RunQueue;
  /** Ends the watching, not the run. */
  signal?: AbortSignal;
  /** Resolves when no worker is left, rejects when workers keep dying. */
  fleetDone?: Promise<void>;
  /** Whether the workers aggregate too; otherwise the run needs them only while shards are unfinished. */
  workersAggregate?: boolean;
  onState: (state: Watched) => void;
}

/** Resolves with the state in which the run ended, or the latest one when `signal` fires. */
export async function watchRun(options: WatchOptions): Promise<Watched> {
  const { storage, runId, queue, signal, workersAggregate = true } = options;
  const isLocal = storage.uri.startsWith('file:');
  const plan = await loadPlan(storage, runId);
  const known: KnownTallies = new Map();
  const live: LiveShards = new Map();
  const started = performance.now();
  const stopListening = queue?.onProgress((progress) => {
    if (progress.runId === runId) live.set(`${progress.shard} ${progress.group}`, progress);
  });
  let fleetEnd: { error?: Error } | undefined;
  options.fleetDone?.then(
    () => {
      fleetEnd = {};
    },
    (error: Error) => {
      fleetEnd = { error };
    },
  );
  try {
    for (;;) {
      const state = await readRunState(storage, { runId, known });
      const models = state.models.map((model, index) => ({
        ...model,
        doneNow: model.scored + model.failed + liveImages(index, { plan, known, live }),
      }));
      const doneNow = models.reduce((sum, model) => sum + model.doneNow, 0);
      const seconds = (performance.now() - started) / 1000;
      const watched = { ...state, models, doneNow, seconds };
      options.onState(watched);
      if (hasEnded(state) || signal?.aborted) return watched;
      const reason = whyLost(await queue?.runState(runId), { fleetEnd, workersAggregate });
      if (reason !== undefined) throw await failed(storage, { runId, reason });
      await pause(isLocal ? pollMs : remotePollMs, undefined, { signal }).catch(() => {});
    }
  } finally {
    stopListening?.();
  }
}

/** Why nobody can bring the run to its end any more; undefined while somebody can. */
function whyLost(
  parent: RunJobState | undefined,
  {
    fleetEnd,
    workersAggregate,
  }: { fleetEnd: { error?: Error } | undefined; workersAggregate: boolean },
): string | undefined {
  if (parent?.state === 'failed') return parent.reason ?? 'the queue gave the run up';
  if (fleetEnd?.error) return messageOf(fleetEnd.error);
  const isNeeded = parent?.state === 'evaluating' || workersAggregate;
  return fleetEnd && isNeeded ? 'all workers have ended' : undefined;
}

/** The latest word on each shard at work, by shard and group. */
type LiveShards = Map<string, { shard: number; group: number; done: number; total: number }>;

/** Images of a model with a state in shards that are not committed yet; a group's models go side by side. */
function liveImages(
  model: number,
  { plan, known, live }: { plan: Plan; known: KnownTallies; live: LiveShards },
): number {
  const keys = runKeys(plan.runId);
  let images = 0;
  for (const { shard, group, done, total } of live.values()) {
    if (!plan.groups[group]?.includes(model) || total === 0) continue;
    if (known.has(keys.record(plan.models[model], shard))) continue;
    const { start, end } = plan.shards[shard];
    images += Math.floor(((end - start) * done) / total);
  }
  return images;
}

export function hasEnded({ status }: RunState): boolean {
  return status !== 'queued' && status !== 'running';
}

async function failed(
  storage: Storage,
  { runId, reason }: { runId: string; reason: string },
): Promise<TopfiveError> {
  await markFailed(storage, { runId, reason });
  return new TopfiveError(
    'failed',
    `run ${runId} failed: ${reason}; mend the cause, then "topfive resume ${runId}"`,
  );
}
