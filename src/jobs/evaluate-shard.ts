/** Evaluates one shard with one group of models: each image is read and decoded once, every model sees it. */
import type { ManifestEntry } from '../data/manifest.ts';
import { type CropRule, cropRuleOf } from '../data/recipe.ts';
import { TopfiveError } from '../errors.ts';
import type { ShardRecord } from '../scoring/records.ts';
import { tallyOf } from '../scoring/tally.ts';
import { digestOf } from '../storage/digest.ts';
import { mapAhead } from './ahead.ts';
import { type ModelPass, type PassResult, startPass } from './model-pass.ts';
import type { PlannedModel } from './plan.ts';
import type { PixelResult } from './ports.ts';
import { contentDigest, takeOverRecords } from './reuse.ts';
import { runKeys } from './run-keys.ts';
import { commitShardRecord } from './shard-commit.ts';
import type { ShardProgress, ShardTools, ShardWork, Station } from './shard-work.ts';

export async function evaluateShard(work: ShardWork, tools: ShardTools): Promise<void> {
  const models = await uncommitted(work, tools);
  if (models.length === 0) return;
  const entries = entriesOf(work);
  const rules = distinctCropRules(models);
  const stations = await Promise.all(
    models.map((model) => openStation(model, { work, tools, rules })),
  );
  const remaining = work.plan.reuse
    ? await takeOverRecords(stations, { work, tools, entries })
    : stations;
  if (remaining.length === 0) return;

  const started = performance.now();
  const passes = remaining.map((station) => startPass(entries, station));
  const reading = await passOverImages(passes, { entries, rules, tools });
  const wallMs = performance.now() - started;
  for (const [index, station] of remaining.entries()) {
    const result = await passes[index].finish();
    const record = makeRecord(station, { work, tools, result, reading, wallMs });
    await commitShardRecord(tools.storage, { model: station.model, record });
  }
}

export function entriesOf({ plan, manifest, shard }: ShardWork): ManifestEntry[] {
  return manifest.entries.slice(plan.shards[shard].start, plan.shards[shard].end);
}

async function uncommitted({ plan, shard, group }: ShardWork, { storage }: ShardTools) {
  const keys = runKeys(plan.runId);
  const models = plan.groups[group].map((index) => plan.models[index]);
  const sizes = await Promise.all(models.map((model) => storage.size(keys.record(model, shard))));
  return models.filter((_, index) => sizes[index] === undefined);
}

function distinctCropRules(models: PlannedModel[]): CropRule[] {
  const rules = new Map(
    models.map(({ recipe }) => [digestOf(cropRuleOf(recipe)), cropRuleOf(recipe)]),
  );
  return [...rules.values()];
}

async function openStation(
  model: PlannedModel,
  { work, tools, rules }: { work: ShardWork; tools: ShardTools; rules: CropRule[] },
): Promise<Station> {
  const classifier = await tools.classifier(model);
  const own = digestOf(cropRuleOf(model.recipe));
  return {
    model,
    classifier,
    rule: rules.findIndex((rule) => digestOf(rule) === own),
    conditions: {
      artifact: model.artifact.sha256,
      recipe: model.recipeDigest,
      dataset: work.plan.dataset.digest,
      classOffset: model.classOffset,
      precision: model.precision,
      provider: classifier.provider,
      batch: classifier.batch,
      ...tools.versions,
    },
  };
}

interface Reading {
  content: string;
  readMs: number;
  pixelsMs: number;
}

async function passOverImages(
  passes: ModelPass[],
  { entries, rules, tools }: { entries: ManifestEntry[]; rules: CropRule[]; tools: ShardTools },
): Promise<Reading> {
  const work = (entry: ManifestEntry) => tools.pixels.pixels(entry, rules);
  const digests: string[] = [];
  const reading = { readMs: 0, pixelsMs: 0 };
  for await (const pixels of mapAhead(entries, { ahead: tools.ahead, work })) {
    if (tools.signal.aborted)
      throw new TopfiveError('cancelled', 'the shard was given up before its end');
    for (const pass of passes) await pass.add(digests.length, pixels);
    addTimes(reading, pixels);
    digests.push(pixels.sha256);
    tools.progress(progressOf(passes, entries.length));
  }
  return { content: contentDigest(digests), ...reading };
}

function addTimes(sum: { readMs: number; pixelsMs: number }, pixels: PixelResult): void {
  if ('state' in pixels) return;
  sum.readMs += pixels.readMs;
  sum.pixelsMs += pixels.pixelsMs;
}

function progressOf(passes: ModelPass[], images: number): ShardProgress {
  const counts = passes.map((pass) => pass.settled());
  const scored = counts.reduce((sum, count) => sum + count.scored, 0);
  const failed = counts.reduce((sum, count) => sum + count.failed, 0);
  return { done: scored + failed, total: images * passes.length, scored, failed };
}

interface RecordParts {
  work: ShardWork;
  tools: ShardTools;
  result: PassResult;
  reading: Reading;
  wallMs: number;
}

function makeRecord({ model, conditions }: Station, parts: RecordParts): ShardRecord {
  const { work, tools, result, reading, wallMs } = parts;
  return {
    schemaVersion: 1,
    runId: work.plan.runId,
    model: model.id,
    shard: work.plan.shards[work.shard],
    conditions,
    tally: tallyOf(result.predictions, result.ties),
    predictions: result.predictions,
    failures: result.failures,
    content: reading.content,
    timings: {
      wallMs,
      readMs: reading.readMs,
      pixelsMs: reading.pixelsMs,
      inferMs: result.inferMs,
    },
    fingerprint: tools.fingerprint,
  };
}
