/**
 * Early stop of a run: committed shards are read in the planned order, never in that of completion, until every gate is
 * decided. The decision follows from the records alone, so it is the same whoever asks and however many work.
 */
import { z } from 'zod';
import { EarlyNight } from '../scoring/early-night.ts';
import { EarlyGate, type EarlyVerdict } from '../scoring/early-stop.ts';
import { metricNames, metrics, rightWithin } from '../scoring/paired.ts';
import type { ShardRecord } from '../scoring/records.ts';
import type { Storage } from '../storage/storage.ts';
import type { Plan } from './plan.ts';
import { plannedPlaces } from './planned-order.ts';
import { readStored } from './read-stored.ts';
import { runKeys } from './run-keys.ts';
import { readShardRecord } from './shard-commit.ts';

const count = z.number().int().nonnegative();

const earlyGateSchema = z.object({
  /** Position in `plan.models`. */
  model: count,
  metric: z.enum(metricNames),
  /** M and W, in images. */
  marginImages: count,
  noise: count,
  /** One character an image, in manifest order: `1` where the baseline is right. */
  baseline: z.string().regex(/^[01]+$/),
});

/** What a run needs to know to stop early; written with its plan, so that it depends on no other run's folder. */
export const earlyGatesSchema = z.object({
  schemaVersion: z.literal(1),
  gates: z.array(earlyGateSchema).min(1),
});
export type EarlyGates = z.infer<typeof earlyGatesSchema>;

export interface EarlyReading {
  /** Shards that decided the night, the first of the planned order; undefined while it is open. */
  decidedBy: number | undefined;
  /** In the order of the gates. */
  verdicts: EarlyVerdict[];
}

export interface EarlyStop {
  readonly gates: EarlyGates['gates'];
  /** Reads on as far as records reach without a gap. */
  read(): Promise<EarlyReading>;
  /** Of each gate's loss over all images, in images. */
  intervals(): { low: number; high: number }[];
}

/** @returns undefined for a run without early stop */
export async function openEarlyStop(plan: Plan, storage: Storage): Promise<EarlyStop | undefined> {
  const { earlyStop, runId, dataset, shards } = plan;
  if (!earlyStop) return undefined;
  const key = runKeys(runId).earlyStop;
  const { gates } = await readStored(storage, { key, schema: earlyGatesSchema });
  const places = plannedPlaces(dataset.images, earlyStop.seed);
  const night = new EarlyNight(
    gates.map(({ marginImages, noise }) => {
      return new EarlyGate({ images: dataset.images, marginImages, noise });
    }),
    earlyStop.alpha,
  );
  let next = 0;
  // A run with an image that no model answered is invalid; it goes on, so that its report lists them all.
  let isUnfit = false;

  async function readRow(shard: number): Promise<ShardRecord[] | undefined> {
    const keys = plan.models.map((model) => runKeys(runId).record(model, shard));
    const sizes = await Promise.all(keys.map((record) => storage.size(record)));
    if (sizes.includes(undefined)) return undefined;
    return Promise.all(keys.map((record) => readShardRecord(storage, record)));
  }

  return {
    gates,
    async read() {
      while (!isUnfit && !night.isDecided && next < shards.length) {
        const records = await readRow(next);
        if (!records) break;
        isUnfit = records.some(({ tally }) => tally.missing + tally.modelError > 0);
        if (isUnfit) break;
        const { start, end } = shards[next];
        const seen = places.slice(start, end);
        night.feed(gates.map((gate) => outcomesIn(records[gate.model], { gate, seen })));
        next += 1;
      }
      const isCertain = night.isDecided && !isUnfit;
      return { decidedBy: isCertain ? next : undefined, verdicts: night.verdicts };
    },
    intervals: () => night.intervals(),
  };
}

/** @param context.seen places in the manifest of the shard's images */
function outcomesIn(
  { predictions }: ShardRecord,
  { gate, seen }: { gate: EarlyGates['gates'][number]; seen: number[] },
): Int8Array {
  const candidate = rightWithin(predictions, metrics[gate.metric]);
  return Int8Array.from(seen, (place, image) => {
    return Number(gate.baseline[place] === '1') - Number(candidate[image]);
  });
}

const stoppedSchema = z.object({ shards: count });

/** Tells every worker that shards from here on are not wanted; the report does not read it. */
export async function markStopped(
  storage: Storage,
  { runId, shards }: { runId: string; shards: number },
): Promise<void> {
  await storage.put(runKeys(runId).stopped, JSON.stringify({ shards }), { ifAbsent: true });
}

/** Shards that are wanted once the run has stopped early; undefined before. */
export async function readStopped(storage: Storage, runId: string): Promise<number | undefined> {
  const key = runKeys(runId).stopped;
  if ((await storage.size(key)) === undefined) return undefined;
  return (await readStored(storage, { key, schema: stoppedSchema })).shards;
}
