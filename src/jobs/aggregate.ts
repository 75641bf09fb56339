/** Aggregation: all shard records of a run, checked, become one run record and the files of the run folder. */
import { digestLabels, type Manifest } from '../data/manifest.ts';
import { encodePredictions } from '../report/predictions.ts';
import type { RunLatency } from '../scoring/latency-record.ts';
import { type Merged, mergeShards } from '../scoring/merge.ts';
import { precisionPairs } from '../scoring/precision-pair.ts';
import type { Predictions, ShardRecord, ShardRef } from '../scoring/records.ts';
import { type RunRecord, runRecordSchema } from '../scoring/run-record.ts';
import type { Storage } from '../storage/storage.ts';
import { type ShardJob, unfinishedRecord } from './missing.ts';
import { seriesAround } from './model-figures.ts';
import { modelResult } from './model-result.ts';
import { loadPlan, loadPlannedManifest, type Plan, type PlannedModel } from './plan.ts';
import { runKeys } from './run-keys.ts';
import { readRunLatency } from './run-latency.ts';
import { type RunScope, readScope } from './run-scope.ts';
import { readRunRecord } from './run-state.ts';
import { readShardRecords } from './shard-commit.ts';
import { writeRunFolder } from './write-run-folder.ts';

/** Why a job did not finish, by shard and group. */
export type ChildFailure = ShardJob & { reason: string };

export interface AggregateInput {
  storage: Storage;
  runId: string;
  childFailures: ChildFailure[];
  finishedAt: Date;
}

/**
 * Writes the run folder; `report.json` last, so that its presence means that the folder is whole. It is written once: who
 * comes second takes the record that stands, and leaves a folder that agrees with it.
 */
export async function aggregateRun(input: AggregateInput): Promise<RunRecord> {
  const { storage, runId } = input;
  const earlier = await readRunRecord(storage, runId);
  if (earlier) return earlier;
  const plan = await loadPlan(storage, runId);
  const manifest = await loadPlannedManifest(storage, plan);
  const scope = await readScope(plan, { manifest, storage });
  const keys = runKeys(runId);
  const parts: ModelPart[] = [];
  for (const [index, model] of plan.models.entries()) {
    const part = await mergeModel(model, { index, plan, scope, input });
    await storage.put(keys.predictions(model), part.predictions);
    parts.push(part);
  }
  // Parsed as a reader will parse it, so that a report rendered again has the same bytes.
  const latency = await readRunLatency(storage, runId);
  const record = runRecordSchema.parse(
    makeRunRecord(parts, { plan, manifest, scope, latency, finishedAt: input.finishedAt }),
  );
  if (await writeRunFolder(record, { storage, manifest, plan })) return record;
  const standing = (await readRunRecord(storage, runId)) ?? record;
  await writeRunFolder(standing, { storage, manifest, plan });
  return standing;
}

interface ModelPart {
  result: RunRecord['models'][number];
  answers: Predictions;
  predictions: Uint8Array;
  reasons: string[];
  fingerprints: ShardRecord['fingerprint'][];
  versions: { runtime: string; decoder: string } | null;
}

interface MergeContext {
  index: number;
  plan: Plan;
  scope: RunScope;
  input: AggregateInput;
}

async function mergeModel(model: PlannedModel, context: MergeContext): Promise<ModelPart> {
  const { plan, scope, input } = context;
  const { planned } = scope;
  const group = plan.groups.findIndex((members) => members.includes(context.index));
  const found = await readRecords(model, context);
  const absent = scope.shards.filter(
    (shard) => !found.some((record) => record.shard.index === shard.index),
  );
  const reasonOf = ({ index }: ShardRef) =>
    input.childFailures.find((failure) => failure.shard === index && failure.group === group)
      ?.reason ?? 'no worker finished it';
  const stand = absent.map((shard) =>
    unfinishedRecord(model, { plan, planned, shard, like: found[0], reason: reasonOf(shard) }),
  );
  const merge = mergeShards([...found, ...stand], planned.length);
  if ('reasons' in merge) {
    const reason = merge.reasons.slice(0, 3).join(' ');
    const nothing = scope.shards.map((shard) =>
      unfinishedRecord(model, { plan, planned, shard, like: found[0], reason }),
    );
    const refused = mergeShards(nothing, planned.length);
    if ('reasons' in refused) throw new Error(refused.reasons.join(' '));
    return partOf(model, { merged: refused.merged, found, reasons: merge.reasons, context });
  }
  const reasons = absent.map(
    (shard) =>
      `${model.id}: shard ${shard.index} (images ${shard.start} to ${shard.end - 1}) was not finished: ${reasonOf(shard)}`,
  );
  return partOf(model, { merged: merge.merged, found, reasons, context });
}

interface PartInput {
  merged: Merged;
  found: ShardRecord[];
  reasons: string[];
  context: MergeContext;
}

async function partOf(model: PlannedModel, { found, reasons, context, ...input }: PartInput) {
  const { entries, labelSets, restore } = context.scope;
  const merged = restore(input.merged);
  const labels = entries.map(({ label }) => label);
  const nondeterminism = await readFindings(model, context);
  const reused = reusedOf(found);
  const keys = entries.map(({ key }) => key);
  const encoded = encodePredictions({
    keys,
    labels,
    predictions: merged.predictions,
  });
  return {
    result: modelResult(model, { merged, keys, labels, labelSets, nondeterminism, reused }),
    answers: merged.predictions,
    predictions: new Uint8Array(encoded),
    reasons: [...reasons, ...tallyReasons(model, merged)],
    fingerprints: found.map(({ fingerprint }) => fingerprint),
    versions: found[0]?.conditions ?? null,
  };
}

/** Undefined when every record is the run's own. */
function reusedOf(found: ShardRecord[]): RunRecord['models'][number]['reused'] {
  const from = found.flatMap(({ takenFrom }) => takenFrom ?? []);
  if (from.length === 0) return undefined;
  return { shards: from.length, of: found.length, from: [...new Set(from)].sort() };
}

/** A run is complete when every failed image is only undecodable. */
function tallyReasons(model: PlannedModel, { tally, failures }: Merged): string[] {
  const lines: string[] = [];
  if (tally.missing > 0)
    lines.push(`${model.id}: ${tally.missing} images of the manifest are missing`);
  if (tally.modelError > 0) {
    const first = failures.find(({ state }) => state === 'model-error');
    lines.push(
      `${model.id}: no answer for ${tally.modelError} images, first ${first?.key}: ${first?.reason}`,
    );
  }
  return lines;
}

async function readRecords(
  model: PlannedModel,
  { scope, input: { storage, runId } }: MergeContext,
): Promise<ShardRecord[]> {
  const keys = runKeys(runId);
  const present = new Set<string>();
  for await (const { key } of storage.list(keys.recordsOf(model))) present.add(key);
  const wanted = scope.shards.map(({ index }) => keys.record(model, index));
  const records: ShardRecord[] = [];
  const read = readShardRecords(
    storage,
    wanted.filter((key) => present.has(key)),
  );
  for await (const record of read) records.push(record);
  return records;
}

async function readFindings(
  model: PlannedModel,
  { scope, input }: MergeContext,
): Promise<string[]> {
  const findings: string[] = [];
  const prefix = `${runKeys(input.runId).findings}${model.id}.${model.precision}.`;
  for await (const { key } of input.storage.list(prefix)) {
    const { shard } = JSON.parse((await input.storage.get(key)).toString()) as { shard: number };
    if (shard >= scope.shards.length) continue;
    findings.push(`two workers computed different answers for shard ${shard}; the first stands`);
  }
  return findings;
}

interface Aggregated {
  plan: Plan;
  manifest: Manifest;
  scope: RunScope;
  latency: RunLatency | null;
  finishedAt: Date;
}

function makeRunRecord(
  parts: ModelPart[],
  { plan, manifest, scope, latency, finishedAt }: Aggregated,
): RunRecord {
  const reasons = parts.flatMap((part) => part.reasons);
  const wallSeconds = (finishedAt.getTime() - Date.parse(plan.createdAt)) / 1000;
  const scored = parts.reduce((sum, { result }) => sum + result.accuracy.scored, 0);
  const versions = parts.find((part) => part.versions)?.versions;
  return {
    schemaVersion: 1,
    status: reasons.length > 0 ? 'invalid' : scope.early?.estimate ? 'stopped-early' : 'complete',
    reasons,
    runId: plan.runId,
    name: plan.name,
    topfive: plan.topfive,
    createdAt: plan.createdAt,
    finishedAt: finishedAt.toISOString(),
    dataset: {
      ...plan.dataset,
      labelsDigest: digestLabels(manifest.entries),
      labelSets: scope.labelSets.map(({ name, uri, digest }) => ({ name, uri, digest })),
    },
    ...(reasons.length === 0 && scope.early),
    models: parts.map(({ result }) => result),
    series: seriesAround(plan.models),
    precisions: precisionPairs(
      parts.map(({ result, answers }) => ({ ...result, predictions: answers })),
      {
        keys: scope.entries.map(({ key }) => key),
        labels: scope.entries.map(({ label }) => label),
      },
    ),
    environment: {
      workers: countFingerprints(parts.flatMap(({ fingerprints }) => fingerprints)),
      runtime: versions?.runtime ?? 'none ran',
      decoder: versions?.decoder ?? 'none ran',
    },
    latency,
    timings: { wallSeconds, imagesPerSecond: scored / Math.max(wallSeconds, 1e-3) },
    spec: plan.spec,
  };
}

function countFingerprints(all: ShardRecord['fingerprint'][]) {
  const counts = new Map<string, number>();
  for (const fingerprint of all) {
    const text = JSON.stringify(fingerprint);
    counts.set(text, (counts.get(text) ?? 0) + 1);
  }
  return [...counts.entries()]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([text, records]) => ({ ...(JSON.parse(text) as ShardRecord['fingerprint']), records }));
}
