/** Finding the runs of a store that may go, and removing them; what names or needs a run keeps it. */
import { inOrder } from '../data/in-order.ts';
import { TopfiveError } from '../errors.ts';
import { listBaselines, readBaseline } from '../jobs/baselines.ts';
import { listHistories, readHistory } from '../jobs/model-history.ts';
import { loadPlan } from '../jobs/plan.ts';
import {
  judgeRetention,
  type KeepReason,
  type Retention,
  type RetentionRules,
  type StoredRun,
} from '../jobs/retention.ts';
import { copiesPrefix, copyKey, reusePrefix, runKeys, runsPrefix } from '../jobs/run-keys.ts';
import { readRunRecord } from '../jobs/run-state.ts';
import { readSchedules } from '../jobs/schedules.ts';
import { comparableNights, fallOf } from '../scoring/history-entry.ts';
import type { Storage } from '../storage/storage.ts';

/** Objects asked for at a time: a store elsewhere takes a while for each. */
const atOnce = 16;

export interface Garbage extends Retention {
  gone: (StoredRun & { bytes: number })[];
  /** Artifacts in the store that no run needs any more. */
  copies: { sha256: string; bytes: number }[];
}

/** Removes nothing. */
export async function findGarbage(
  storage: Storage,
  { rules, now }: { rules: RetentionRules; now: Date },
): Promise<Garbage> {
  const runs: StoredRun[] = [];
  const runIds = await storage.folders(runsPrefix);
  const work = (runId: string) => readRun(storage, runId);
  for await (const run of inOrder(runIds, { limit: atOnce, work })) runs.push(run);
  const named = await readNames(storage, now);
  const { gone, kept } = judgeRetention(runs, { rules, named, now });
  const sized: Garbage['gone'] = [];
  const measure = async (run: StoredRun) => {
    return { ...run, bytes: await bytesUnder(storage, runKeys(run.runId).root) };
  };
  for await (const run of inOrder(gone, { limit: atOnce, work: measure })) sized.push(run);
  return { gone: sized, kept, copies: await findCopies(storage, { gone, kept }) };
}

/** What only goes with its runs: a copy that no run names may be of a submission that is under way. */
async function findCopies(storage: Storage, { gone, kept }: Retention): Promise<Garbage['copies']> {
  if (kept.some(({ state }) => state === 'unreadable')) return [];
  const needed = new Set(kept.flatMap(({ artifacts }) => artifacts));
  const named = new Set(gone.flatMap(({ artifacts }) => artifacts));
  const copies: Garbage['copies'] = [];
  for (const sha256 of await storage.folders(copiesPrefix)) {
    if (needed.has(sha256) || !named.has(sha256)) continue;
    copies.push({ sha256, bytes: await bytesUnder(storage, copyKey(sha256, '')) });
  }
  return copies;
}

async function readRun(storage: Storage, runId: string): Promise<StoredRun> {
  const run = { runId, name: null, createdAt: timeOf(runId), reusedFrom: [], artifacts: [] };
  if ((await storage.size(runKeys(runId).plan)) === undefined) return { ...run, state: 'broken' };
  try {
    const record = await readRunRecord(storage, runId);
    const { name, createdAt, models } = record ?? (await loadPlan(storage, runId));
    const sources = record?.models.flatMap(({ reused }) => reused?.from ?? []) ?? [];
    return {
      ...{ runId, name, createdAt },
      state: record ? 'ended' : 'unfinished',
      reusedFrom: [...new Set(sources)],
      artifacts: models.map(({ artifact, conversion }) => conversion?.from ?? artifact.sha256),
    };
  } catch (error) {
    if (!(error instanceof TopfiveError) || error.kind !== 'usage') throw error;
    return { ...run, state: 'unreadable' };
  }
}

/** Ids begin with the time of submission, in UTC. */
function timeOf(runId: string): string | null {
  const [, ...parts] = /^(\d{4})(\d\d)(\d\d)-(\d\d)(\d\d)(\d\d)-/.exec(runId) ?? [];
  const [year, month, day, hour, minute, second] = parts;
  const time = Date.parse(`${year}-${month}-${day}T${hour}:${minute}:${second}Z`);
  return Number.isNaN(time) ? null : new Date(time).toISOString();
}

/** What lasts and names runs: baselines with their history, falls that histories tell of, schedules. */
async function readNames(storage: Storage, now: Date): Promise<Map<string, Set<KeepReason>>> {
  const named = new Map<string, Set<KeepReason>>();
  const keep = (runId: string, reason: KeepReason) =>
    named.set(runId, new Set(named.get(runId)).add(reason));
  for (const name of await listBaselines(storage)) {
    const { history } = await readBaseline(storage, { name, now });
    for (const { kind, runId } of history)
      keep(runId, kind === 'set' ? 'baseline' : 'acknowledged');
  }
  for (const model of await listHistories(storage)) {
    const fall = fallOf(comparableNights(await readHistory(storage, model)));
    for (const night of fall ? [fall.first, fall.before] : []) keep(night.runId, 'history');
  }
  for (const { spec } of await readSchedules(storage)) {
    if (spec.gates) keep(spec.gates.baseline, 'schedule');
  }
  return named;
}

async function bytesUnder(storage: Storage, prefix: string): Promise<number> {
  let sum = 0;
  for await (const { bytes } of storage.list(prefix)) sum += bytes;
  return sum;
}

/**
 * Removes runs, the pointers by which their results would be taken over, and the artifacts of theirs that are left. One that was interrupted is no run any
 * more, and the next time removes the rest.
 */
export async function removeGarbage(
  storage: Storage,
  {
    gone,
    copies,
    onRemoved,
  }: Pick<Garbage, 'gone' | 'copies'> & { onRemoved: (run: StoredRun) => void },
): Promise<void> {
  // Once their runs are gone nobody would know that these may go.
  for (const { sha256 } of copies) await storage.deleteFolder(copyKey(sha256, ''));
  for (const run of gone) {
    await removeRun(storage, run);
    onRemoved(run);
  }
  await removePointers(storage, new Set(gone.map(({ runId }) => runKeys(runId).root)));
}

async function removeRun(storage: Storage, { runId }: StoredRun): Promise<void> {
  const { root, plan } = runKeys(runId);
  // First of all: without its plan nobody takes it for a run that can go on.
  await storage.delete(plan);
  await storage.deleteFolder(root);
}

async function removePointers(storage: Storage, roots: ReadonlySet<string>): Promise<void> {
  if (roots.size === 0) return;
  const keys: string[] = [];
  for await (const { key } of storage.list(reusePrefix)) keys.push(key);
  const work = async (key: string) => {
    const { record } = JSON.parse((await storage.get(key)).toString()) as { record: string };
    const root = record.split('/', 2).join('/');
    if (roots.has(`${root}/`)) await storage.delete(key);
  };
  for await (const _ of inOrder(keys, { limit: atOnce, work }));
}
