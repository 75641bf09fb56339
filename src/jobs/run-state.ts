/** The state of a run, derived from what lies in storage; no queue is asked and nothing is counted twice. */
import { z } from 'zod';
import { inOrder } from '../data/in-order.ts';
import { TopfiveError } from '../errors.ts';
import { type RunRecord, runRecordSchema } from '../scoring/run-record.ts';
import type { Storage } from '../storage/storage.ts';
import { loadPlan, type Plan, type PlannedModel } from './plan.ts';
import { readStored } from './read-stored.ts';
import { runKeys, runsPrefix } from './run-keys.ts';
import { readShardRecords } from './shard-commit.ts';

export type RunStatus = RunRecord['status'] | 'queued' | 'running' | 'failed' | 'cancelled';

/** Whether the run has ended with a report. */
export function isReported(status: RunStatus): status is RunRecord['status'] {
  return status === 'complete' || status === 'invalid' || status === 'stopped-early';
}

export interface RunState {
  runId: string;
  name: string;
  createdAt: string;
  status: RunStatus;
  /** Why a run failed or is invalid; null otherwise. */
  reason: string | null;
  /** Shard × model records: planned, and committed. */
  shards: { total: number; done: number };
  /** Image × model pairs: in the plan, scored, and without an answer. */
  images: { expected: number; scored: number; failed: number };
  /** The same for each model, in the order of the spec. */
  models: ModelState[];
}

export interface ModelState {
  id: string;
  precision: string;
  expected: number;
  scored: number;
  failed: number;
}

const failureSchema = z.object({ reason: z.string() });

/** Shard records by key; a watcher passes the same map again, so that each record is read once. */
export type KnownTallies = Map<string, { scored: number; failed: number }>;

export async function readRunState(
  storage: Storage,
  { runId, known = new Map() }: { runId: string; known?: KnownTallies },
): Promise<RunState> {
  const plan = await loadKnownPlan(storage, runId);
  const total = plan.shards.length * plan.models.length;
  const record = await readRunRecord(storage, runId);
  const keys = runKeys(runId);
  const present: string[] = [];
  for await (const { key } of storage.list(keys.records)) present.push(key);
  const done = present.length;
  if (record) return stateOfRecord(record, { total, done });
  await learn(known, { storage, keys: present.filter((key) => !known.has(key)) });
  const reason = await readReason(storage, keys.failed);
  const models = plan.models.map((model) => modelState(model, { plan, known }));
  return {
    runId,
    name: plan.name,
    createdAt: plan.createdAt,
    status: await readStatus(storage, { runId, started: done > 0, failed: reason !== null }),
    reason,
    shards: { total, done },
    images: sumOf(models),
    models,
  };
}

async function learn(
  known: KnownTallies,
  { storage, keys }: { storage: Storage; keys: string[] },
): Promise<void> {
  let place = 0;
  for await (const { tally } of readShardRecords(storage, keys)) {
    known.set(keys[place++], { scored: tally.scored, failed: tally.expected - tally.scored });
  }
}

/** The state of a run that has ended, from its record alone. */
export function stateOfRecord(record: RunRecord, shards: RunState['shards']): RunState {
  const models = record.models.map(({ id, precision, accuracy: { expected, scored, failed } }) => ({
    id,
    precision,
    expected,
    scored,
    failed,
  }));
  return {
    runId: record.runId,
    name: record.name,
    createdAt: record.createdAt,
    status: record.status,
    reason: record.reasons.length > 0 ? record.reasons.join('; ') : null,
    shards,
    images: sumOf(models),
    models,
  };
}

function sumOf(models: ModelState[]): RunState['images'] {
  const sum = { expected: 0, scored: 0, failed: 0 };
  for (const { expected, scored, failed } of models) {
    sum.expected += expected;
    sum.scored += scored;
    sum.failed += failed;
  }
  return sum;
}

function modelState(
  { id, precision }: PlannedModel,
  { plan, known }: { plan: Plan; known: KnownTallies },
): ModelState {
  const keys = runKeys(plan.runId);
  const state = { id, precision, expected: plan.dataset.images, scored: 0, failed: 0 };
  for (const { index } of plan.shards) {
    const counts = known.get(keys.record({ id, precision }, index));
    state.scored += counts?.scored ?? 0;
    state.failed += counts?.failed ?? 0;
  }
  return state;
}

async function loadKnownPlan(storage: Storage, runId: string): Promise<Plan> {
  if ((await storage.size(runKeys(runId).plan)) === undefined) {
    throw new TopfiveError(
      'not-found',
      `there is no run "${runId}" in ${storage.uri}; "topfive list" shows the runs, --store names another place`,
    );
  }
  return loadPlan(storage, runId);
}

async function readStatus(
  storage: Storage,
  { runId, started, failed }: { runId: string; started: boolean; failed: boolean },
): Promise<RunStatus> {
  if (await isCancelled(storage, runId)) return 'cancelled';
  if (failed) return 'failed';
  return started ? 'running' : 'queued';
}

async function readReason(storage: Storage, key: string): Promise<string | null> {
  if ((await storage.size(key)) === undefined) return null;
  return failureSchema.parse(JSON.parse((await storage.get(key)).toString())).reason;
}

/** The run record of a run that has ended; undefined before. */
export async function readRunRecord(
  storage: Storage,
  runId: string,
): Promise<RunRecord | undefined> {
  const { report } = runKeys(runId);
  if ((await storage.size(report)) === undefined) return undefined;
  return readStored(storage, { key: report, schema: runRecordSchema });
}

/** True once the run is over, in whichever way, until it is resumed. */
export async function hasEnding(storage: Storage, runId: string): Promise<boolean> {
  const { report, cancelled, failed } = runKeys(runId);
  const sizes = await Promise.all([report, cancelled, failed].map((key) => storage.size(key)));
  return sizes.some((size) => size !== undefined);
}

export async function isCancelled(storage: Storage, runId: string): Promise<boolean> {
  return (await storage.size(runKeys(runId).cancelled)) !== undefined;
}

export async function markCancelled(storage: Storage, runId: string): Promise<void> {
  const at = new Date().toISOString();
  await storage.put(runKeys(runId).cancelled, JSON.stringify({ at }), { ifAbsent: true });
}

/** The run itself cannot go on; kept until a resume. */
export async function markFailed(
  storage: Storage,
  { runId, reason }: { runId: string; reason: string },
): Promise<void> {
  await storage.put(runKeys(runId).failed, JSON.stringify({ reason }));
}

/** Makes an ended run able to go on: its shard records stay, its ending goes. */
export async function clearEnding(storage: Storage, runId: string): Promise<void> {
  const keys = runKeys(runId);
  for (const key of [keys.cancelled, keys.failed, keys.report]) await storage.delete(key);
}

/** Runs looked at at a time: a store elsewhere takes a while for each. */
const runsAtOnce = 16;

/** Ids of all runs that have not ended, oldest first. */
export async function listUnfinished(storage: Storage): Promise<string[]> {
  const unfinished: string[] = [];
  const looked = inOrder(await listRunIds(storage), {
    limit: runsAtOnce,
    work: async (runId) => ({ runId, hasEnded: await hasEnding(storage, runId) }),
  });
  for await (const { runId, hasEnded } of looked) if (!hasEnded) unfinished.push(runId);
  return unfinished;
}

/** Ids of all runs in storage, oldest first: ids begin with the time of submission. */
export async function listRunIds(storage: Storage): Promise<string[]> {
  const ids = await storage.folders(runsPrefix);
  const planned = await Promise.all(ids.map((id) => storage.size(runKeys(id).plan)));
  return ids.filter((_, index) => planned[index] !== undefined);
}
