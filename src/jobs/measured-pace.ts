/** How quickly workers of earlier runs evaluated the same artifacts. */
import { TopfiveError } from '../errors.ts';
import type { RunRecord } from '../scoring/run-record.ts';
import type { Storage } from '../storage/storage.ts';
import { loadPlan, type Plan, type PlannedModel } from './plan.ts';
import { runKeys } from './run-keys.ts';
import { listRunIds, readRunRecord } from './run-state.ts';
import { readShardRecord } from './shard-commit.ts';

export interface Pace {
  /** What one worker takes for one image, reading and decoding included. */
  secondsPerImage: number;
  /** The run that it was measured in. */
  runId: string;
  /** Processor or accelerator model. */
  device: string;
}

/** Runs that are looked at, newest first: a model that none of them had was long not evaluated. */
const runsRead = 30;
/** Shards of a run that are read, spread over it: one alone may have been disturbed. */
const shardsRead = 4;

/**
 * The newest pace of each model; undefined where no run in the store has one.
 * @param device the execution provider that must have computed it, or `auto` for whichever did
 */
export async function readPaces(
  storage: Storage,
  models: PlannedModel[],
  device: Plan['spec']['device'],
): Promise<(Pace | undefined)[]> {
  const paces = new Array<Pace | undefined>(models.length).fill(undefined);
  const runIds = (await listRunIds(storage)).reverse().slice(0, runsRead);
  for (const runId of runIds) {
    if (paces.every((pace) => pace !== undefined)) break;
    const record = await tryToRead(() => readRunRecord(storage, runId));
    const places = models.map((model) => (record ? placeOf(model, { record, device }) : -1));
    if (!places.some((place, index) => place >= 0 && !paces[index])) continue;
    const plan = await tryToRead(() => loadPlan(storage, runId));
    if (!plan) continue;
    for (const [index, place] of places.entries()) {
      if (place >= 0) paces[index] ??= await paceOf(place, { plan, storage });
    }
  }
  return paces;
}

/** A run of another version, or one that is being removed, says nothing. */
async function tryToRead<T>(read: () => Promise<T>): Promise<T | undefined> {
  try {
    return await read();
  } catch (error) {
    const isUnreadable =
      error instanceof TopfiveError && (error.kind === 'usage' || error.kind === 'not-found');
    if (isUnreadable) return undefined;
    throw error;
  }
}

/** Where the record has the same artifact under the same recipe, best under the same id; -1 when it has not. */
function placeOf(
  { id, artifact, precision, recipeDigest }: PlannedModel,
  { record, device }: { record: RunRecord; device: Plan['spec']['device'] },
): number {
  const isSame = (model: RunRecord['models'][number]) =>
    model.artifact.sha256 === artifact.sha256 &&
    model.precision === precision &&
    model.recipe.digest === recipeDigest &&
    (device === 'auto' || model.conditions.provider === device);
  const own = record.models.findIndex((model) => model.id === id && isSame(model));
  return own < 0 ? record.models.findIndex(isSame) : own;
}

/** The model's share of the time that its group took together, by how long each kept the device. */
async function paceOf(
  place: number,
  { plan, storage }: { plan: Plan; storage: Storage },
): Promise<Pace | undefined> {
  const group = plan.groups.find((members) => members.includes(place)) ?? [place];
  const sum = { ms: 0, images: 0, device: '' };
  for (const shard of spread(plan.shards.length, shardsRead)) {
    const records = await readRecords(shard, { plan, group, storage });
    const own = records[group.indexOf(place)];
    if (!own || records.some((record) => !record || record.takenFrom !== undefined)) continue;
    const inferMs = records.reduce((total, record) => total + (record?.timings.inferMs ?? 0), 0);
    const share = inferMs > 0 ? own.timings.inferMs / inferMs : 1 / group.length;
    sum.ms += own.timings.wallMs * share;
    sum.images += own.tally.expected;
    sum.device = own.fingerprint.device;
  }
  if (sum.images === 0) return undefined;
  const secondsPerImage = sum.ms / 1000 / sum.images;
  return { secondsPerImage, runId: plan.runId, device: sum.device };
}

function readRecords(
  shard: number,
  { plan, group, storage }: { plan: Plan; group: number[]; storage: Storage },
) {
  return Promise.all(
    group.map(async (member) => {
      const key = runKeys(plan.runId).record(plan.models[member], shard);
      return (await storage.size(key)) === undefined ? undefined : readShardRecord(storage, key);
    }),
  );
}

/** Up to `most` of the numbers below `count`, evenly spread. */
function spread(count: number, most: number): number[] {
  const taken = Math.min(count, most);
  return Array.from({ length: taken }, (_, index) => Math.floor((index * count) / taken));
}
