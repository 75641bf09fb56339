/** Early stop in storage: shards committed in any order, by any number of workers, give one decision and one report. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import fc from 'fast-check';
import { type Manifest, makeManifest, saveManifest } from '../../src/data/manifest.ts';
import { createRandom, permutation } from '../../src/data/random.ts';
import { aggregateRun } from '../../src/jobs/aggregate.ts';
import { type EarlyGates, markStopped, openEarlyStop } from '../../src/jobs/early-stop.ts';
import { missingJobs } from '../../src/jobs/missing.ts';
import { makePlan, type Plan, type PlannedModel, savePlan } from '../../src/jobs/plan.ts';
import { plannedPlaces } from '../../src/jobs/planned-order.ts';
import { prepareModels } from '../../src/jobs/prepare-models.ts';
import { runKeys } from '../../src/jobs/run-keys.ts';
import { commitShardRecord } from '../../src/jobs/shard-commit.ts';
import { checkSpec } from '../../src/jobs/spec.ts';
import { K, type Predictions, type ShardRecord } from '../../src/scoring/records.ts';
import { tallyOf } from '../../src/scoring/tally.ts';
import { openStorage } from '../../src/storage/open.ts';
import { writeTinyModel } from '../models/tiny-model.ts';

const folder = mkdtempSync(join(tmpdir(), 'topfive-stop-'));
const storage = openStorage(folder);
after(() => rmSync(folder, { recursive: true, force: true }));

const images = 200;
const classes = 10;
const manifest: Manifest = makeManifest({
  uri: 'file:///set',
  layout: 'folder',
  classNames: null,
  entries: Array.from({ length: images }, (_, index) => ({
    key: `${String(index).padStart(4, '0')}.jpg`,
    label: Math.floor((index * classes) / images),
    bytes: 1000 + index,
    at: { file: `${index}.jpg` },
  })),
});

const recipe = {
  decoder: 'pillow',
  kernel: 'bilinear',
  resizeShort: 24,
  crop: 20,
  mean: [0.5, 0.5, 0.5],
  std: [0.25, 0.25, 0.25],
};
const spec = checkSpec(
  {
    version: 1,
    dataset: { uri: './set' },
    models: ['a', 'b'].map((id) => ({ id, onnx: './tiny.onnx', recipe })),
    shardSize: 20,
  },
  { source: 'spec', folder },
);
await writeTinyModel(join(folder, 'tiny.onnx'), { side: 20, classes });
const models = await prepareModels(spec, { manifest });

let runs = 0;

interface Sketch {
  /** Images that the candidate has wrong and the baseline right: places in the manifest. */
  lost: number[];
  marginImages: number;
  noise?: number;
  /** Places of images that no model answered. */
  unanswered?: number[];
}

/** Two models; the second answers everything as its baseline did. */
async function planRun({ lost, marginImages, noise = 0, unanswered = [] }: Sketch) {
  runs += 1;
  const plan = makePlan({
    runId: `early-${runs}`,
    createdAt: '2027-01-01T00:00:00.000Z',
    topfive: '0.0.0',
    spec,
    manifest,
    models,
    workers: 2,
    reuse: false,
    earlyStop: { baseline: 'base', alpha: 0.05, seed: 3 },
  });
  const gates: EarlyGates = {
    schemaVersion: 1,
    gates: models.flatMap((_, model) =>
      (['top1', 'top5'] as const).map((metric) => {
        return { model, metric, marginImages, noise, baseline: '1'.repeat(images) };
      }),
    ),
  };
  await storage.put(runKeys(plan.runId).earlyStop, JSON.stringify(gates));
  await saveManifest(storage, { manifest, key: runKeys(plan.runId).manifest });
  await savePlan(storage, plan);
  const places = plannedPlaces(images, 3);
  const commit = async (shard: number) => {
    for (const [index, model] of models.entries()) {
      const { start, end } = plan.shards[shard];
      const seen = places.slice(start, end);
      const predictions = answersOf(seen, { lost: index === 0 ? lost : [], unanswered });
      await commitShardRecord(storage, {
        model,
        record: recordOf(plan, { model, shard, predictions, seen }),
      });
    }
  };
  return { plan, commit };
}

function answersOf(
  seen: number[],
  { lost, unanswered }: { lost: number[]; unanswered: number[] },
): Predictions {
  const scored = (place: number) => !unanswered.includes(place);
  const label = (place: number) => manifest.entries[place].label;
  const first = (place: number) =>
    lost.includes(place) ? (label(place) + 1) % classes : label(place);
  return {
    states: seen.map((place) => (scored(place) ? 'scored' : 'model-error')),
    ranks: seen.map((place) => (scored(place) ? (lost.includes(place) ? 9 : 1) : 0)),
    classes: seen.flatMap((place) => [
      scored(place) ? first(place) : -1,
      ...new Array(K - 1).fill(-1),
    ]),
    probabilities: seen.flatMap((place) => [scored(place) ? 1 : 0, ...new Array(K - 1).fill(0)]),
  };
}

function recordOf(
  plan: Plan,
  {
    model,
    shard,
    predictions,
    seen,
  }: { model: PlannedModel; shard: number; predictions: Predictions; seen: number[] },
): ShardRecord {
  return {
    schemaVersion: 1,
    runId: plan.runId,
    model: model.id,
    shard: plan.shards[shard],
    conditions: {
      artifact: model.artifact.sha256,
      recipe: model.recipeDigest,
      dataset: manifest.digest,
      classOffset: 0,
      precision: 'fp32',
      normalisation: 'graph',
      provider: 'cpu',
      arithmetic: 'fp32',
      batch: 1,
      runtime: 'none',
      decoder: 'none',
      topfive: '0.0.0',
    },
    tally: tallyOf(predictions, 0),
    predictions,
    failures: seen.flatMap((place, image) =>
      predictions.states[image] === 'scored'
        ? []
        : { key: manifest.entries[place].key, state: 'model-error' as const, reason: 'NaN' },
    ),
    content: '0'.repeat(64),
    timings: { wallMs: 0, readMs: 0, pixelsMs: 0, inferMs: 0 },
    fingerprint: { host: 'h', device: 'd', driver: null, threads: 1, node: 'n', os: 'o' },
  };
}

async function aggregate({ runId, models }: Plan) {
  const finishedAt = new Date('2027-01-01T00:10:00Z');
  const record = await aggregateRun({ storage, runId, childFailures: [], finishedAt });
  const predictions = await Promise.all(
    models.map((model) => storage.get(runKeys(runId).predictions(model))),
  );
  return { record, text: JSON.stringify({ ...record, runId: 'RUN' }), predictions };
}

/** Commits in this order until the night is decided, then the shards that other workers had in hand. */
async function runIn(order: number[], { sketch, late }: { sketch: Sketch; late: number }) {
  const { plan, commit } = await planRun(sketch);
  const early = await openEarlyStop(plan, storage);
  assert.ok(early);
  let next = 0;
  for (; next < order.length; next += 1) {
    await commit(order[next]);
    const { decidedBy } = await early.read();
    if (decidedBy !== undefined) break;
  }
  for (const shard of order.slice(next + 1, next + 1 + late)) await commit(shard);
  return { plan, ...(await aggregate(plan)) };
}

const inOrder = Array.from({ length: images / 20 }, (_, shard) => shard);

test('an unchanged model passes on a part of the images, and the report says how sure the rest is', async () => {
  const { record } = await runIn(inOrder, { sketch: { lost: [], marginImages: 20 }, late: 0 });
  assert.equal(record.status, 'stopped-early');
  const { estimate, earlyStop, models } = record;
  assert.ok(estimate && earlyStop);
  assert.ok(estimate.used < images / 2, `${estimate.used} images`);
  assert.equal(models[0].accuracy.expected, estimate.used);
  assert.equal(models[0].accuracy.top1.correct, estimate.used);
  assert.deepEqual(
    earlyStop.gates.map(({ verdict }) => verdict),
    new Array(4).fill('pass'),
  );
  assert.ok(estimate.low <= 0 && estimate.high >= 0 && estimate.high <= 20 / images);
  assert.equal(earlyStop.shards.used * 20, estimate.used);
});

test('the order in which shards are finished, and how many more are in hand, changes no byte', async () => {
  const sketch = { lost: [3, 50, 90], marginImages: 20 };
  const whole = await runIn(inOrder, { sketch, late: 0 });
  assert.equal(whole.record.status, 'stopped-early');
  await fc.assert(
    fc.asyncProperty(fc.nat(10_000), fc.nat(6), async (seed, late) => {
      const order = permutation(inOrder.length, createRandom(seed));
      const other = await runIn(order, { sketch, late });
      assert.equal(other.text, whole.text);
      assert.deepEqual(other.predictions, whole.predictions);
    }),
    { numRuns: 4 },
  );
});

test('a large loss is a regression of its model alone, found on a part of the images', async () => {
  const lost = Array.from({ length: 100 }, (_, place) => 2 * place);
  const { record } = await runIn(inOrder, { sketch: { lost, marginImages: 10 }, late: 0 });
  assert.equal(record.status, 'stopped-early');
  assert.deepEqual(
    record.earlyStop?.gates.map(({ id, verdict }) => `${id} ${verdict}`),
    ['a regression', 'a regression', 'b pass', 'b pass'],
  );
});

test('where nothing is certain before the end the run is complete, in the order of the manifest', async () => {
  const lost = [0, 1, 2, 3, 4];
  const { record, plan, predictions } = await runIn(inOrder, {
    sketch: { lost, marginImages: 5 },
    late: 0,
  });
  assert.equal(record.status, 'complete');
  assert.equal(record.estimate, undefined);
  assert.deepEqual(record.earlyStop?.shards, { planned: 10, used: 10 });
  const [top1] = record.earlyStop?.gates ?? [];
  assert.deepEqual([top1.verdict, top1.lostImages, top1.low, top1.high], ['pass', 5, 5, 5]);
  assert.equal(record.models[0].accuracy.top1.correct, images - 5);
  const { decodePredictions } = await import('../../src/report/predictions.ts');
  const { keys, predictions: columns } = await decodePredictions(predictions[0]);
  assert.deepEqual(
    keys,
    manifest.entries.map(({ key }) => key),
  );
  assert.deepEqual(columns.ranks.slice(0, 6), [9, 9, 9, 9, 9, 1]);
  assert.equal(plan.dataset.digest, manifest.digest);
});

test('noise is room that a pass needs and a regression must exceed', async () => {
  const { record } = await runIn(inOrder, {
    sketch: { lost: [], marginImages: 20, noise: 21 },
    late: 0,
  });
  assert.equal(record.status, 'complete');
  assert.equal(record.earlyStop?.gates[0].verdict, 'inconclusive');
});

test('a run with an image that no model answered is not stopped but finished, and invalid', async () => {
  const unanswered = [plannedPlaces(images, 3)[0]];
  const { record } = await runIn(inOrder, {
    sketch: { lost: [], marginImages: 20, unanswered },
    late: 0,
  });
  assert.equal(record.status, 'invalid');
  assert.equal(record.models[0].tally.expected, images);
  assert.equal(record.models[0].tally.modelError, 1);
});

test('once stopped, shards beyond the decision are not wanted any more', async () => {
  const { plan, commit } = await planRun({ lost: [], marginImages: 20 });
  await commit(0);
  await markStopped(storage, { runId: plan.runId, shards: 3 });
  assert.deepEqual(await missingJobs(plan, storage), [
    { shard: 1, group: 0 },
    { shard: 2, group: 0 },
  ]);
});
