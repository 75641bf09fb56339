/** What of a run counts: every shard of its plan or, once early stop is certain, those that decided it. */
import type { Manifest, ManifestEntry } from '../data/manifest.ts';
import { reorder } from '../scoring/join.ts';
import type { Merged } from '../scoring/merge.ts';
import type { ShardRef } from '../scoring/records.ts';
import type { EarlyGateResult, RunRecord } from '../scoring/run-record.ts';
import type { Storage } from '../storage/storage.ts';
import { type EarlyReading, type EarlyStop, openEarlyStop } from './early-stop.ts';
import { loadLabelSets, type RunLabelSet } from './label-sets.ts';
import type { Plan } from './plan.ts';
import { plannedPlaces } from './planned-order.ts';

export interface RunScope {
  shards: ShardRef[];
  /** The images of these shards, as shards count them. */
  planned: ManifestEntry[];
  /** The same images in the order of the manifest. */
  entries: ManifestEntry[];
  /** Further labels for them, in their order. */
  labelSets: RunLabelSet[];
  /** Merged shards, put into the order of the manifest. */
  restore(merged: Merged): Merged;
  /** For the run record; undefined for a run without early stop. */
  early: Pick<RunRecord, 'earlyStop' | 'estimate'> | undefined;
}

export async function readScope(
  plan: Plan,
  { manifest, storage }: { manifest: Manifest; storage: Storage },
): Promise<RunScope> {
  const early = await openEarlyStop(plan, storage);
  const sets = await loadLabelSets(storage, plan);
  if (!early) return wholeScope(plan, { manifest, sets });
  const reading = await early.read();
  const shards = plan.shards.slice(0, reading.decidedBy);
  const used = shards[shards.length - 1].end;
  const places = plannedPlaces(plan.dataset.images, plan.earlyStop?.seed).slice(0, used);
  const order = places.map((_, row) => row).sort((a, b) => places[a] - places[b]);
  const planned = places.map((place) => manifest.entries[place]);
  const rank = new Map(order.map((row, image) => [planned[row].key, image]));
  return {
    shards,
    planned,
    entries: order.map((row) => planned[row]),
    labelSets: sets.map((set) => ({
      ...set,
      classes: order.map((row) => set.classes[places[row]]),
    })),
    restore: (merged) => ({
      ...merged,
      predictions: reorder(merged.predictions, order),
      failures: merged.failures.toSorted((a, b) => rank.get(a.key)! - rank.get(b.key)!),
    }),
    early: tellEarly(plan, { early, reading, used }),
  };
}

function wholeScope(
  { shards }: Plan,
  { manifest: { entries }, sets }: { manifest: Manifest; sets: RunLabelSet[] },
): RunScope {
  return {
    shards,
    planned: entries,
    entries,
    labelSets: sets,
    restore: (merged) => merged,
    early: undefined,
  };
}

function tellEarly(
  plan: Plan,
  { early, reading, used }: { early: EarlyStop; reading: EarlyReading; used: number },
): RunScope['early'] {
  const { baseline, alpha, seed } = plan.earlyStop!;
  const intervals = early.intervals();
  const gates = early.gates.map((gate, index): EarlyGateResult => {
    const { id, precision } = plan.models[gate.model];
    const { seen: _, ...verdict } = reading.verdicts[index];
    return {
      id,
      precision,
      metric: gate.metric,
      baseline: gate.baseline.split('1').length - 1,
      marginImages: gate.marginImages,
      noise: gate.noise,
      ...verdict,
      ...intervals[index],
    };
  });
  const planned = plan.shards.length;
  const decidedBy = reading.decidedBy ?? planned;
  const { images } = plan.dataset;
  return {
    earlyStop: { baseline, alpha, seed, shards: { planned, used: decidedBy }, gates },
    ...(decidedBy < planned && {
      estimate: {
        used,
        low: Math.min(...gates.map(({ low }) => low)) / images,
        high: Math.max(...gates.map(({ high }) => high)) / images,
      },
    }),
  };
}
