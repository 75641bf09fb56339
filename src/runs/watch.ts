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

/** Between the first and the second look a run that was cancelled elsewhere is seen to be. */
const looksUntilLost = 2;

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
  /** Puts back what the queue has lost: by failing over to a server that had not heard of it, or by a restart without its data. */
  putBack?: () => Promise<void>;
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
  let absences = 0;
  try {
    for (;;) {
      const state = await readRunState(storage, { runId, known });
      const watched = withLive(state, { plan, known, live, started });
      options.onState(watched);
      if (hasEnded(state) || signal?.aborted) return watched;
      const parent = await queue?.runState(runId);
      const reason = whyLost(parent, { fleetEnd, workersAggregate });
      if (reason !== undefined) throw await failed(storage, { runId, reason });
      absences = parent?.state === 'absent' ? absences + 1 : 0;
      if (absences === looksUntilLost) await options.putBack?.();
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

interface Live {
  plan: Plan;
  known: KnownTallies;
  live: LiveShards;
}

function withLive(state: RunState, { started, ...seen }: Live & { started: number }): Watched {
  const models = state.models.map((model, index) => {
    // The report of a run that has ended counts what no look at the records has seen yet.
    const live = hasEnded(state) ? 0 : liveImages(index, seen);
    return { ...model, doneNow: model.scored + model.failed + live };
  });
  const doneNow = models.reduce((sum, model) => sum + model.doneNow, 0);
  return { ...state, models, doneNow, seconds: (performance.now() - started) / 1000 };
}

/** Images of a model with a state in shards that are not committed yet; a group's models go side by side. */
function liveImages(model: number, { plan, known, live }: Live): number {
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
