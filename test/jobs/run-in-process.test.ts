/** The whole job in one process, without a queue: what a run's result depends on, and what it does not. */
import assert from 'node:assert/strict';
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { decoderVersion } from '../../src/data/decode.ts';
import { openImageSource } from '../../src/data/image-source.ts';
import { indexDataset } from '../../src/data/index-dataset.ts';
import { saveManifest } from '../../src/data/manifest.ts';
import { writeSyntheticDataset } from '../../src/data/synthetic.ts';
import { TopfiveError } from '../../src/errors.ts';
import { aggregateRun } from '../../src/jobs/aggregate.ts';
import { openModel } from '../../src/jobs/classifier.ts';
import { evaluateShard } from '../../src/jobs/evaluate-shard.ts';
import { openPixelSource } from '../../src/jobs/pixel-source.ts';
import { makePlan, type Plan, savePlan } from '../../src/jobs/plan.ts';
import type { PixelSource } from '../../src/jobs/ports.ts';
import { prepareModels } from '../../src/jobs/prepare-models.ts';
import { runKeys } from '../../src/jobs/run-keys.ts';
import { settleBatch } from '../../src/jobs/settle-batch.ts';
import { checkSpec } from '../../src/jobs/spec.ts';
import { runtimeVersion } from '../../src/onnx/session.ts';
import { openStorage } from '../../src/storage/open.ts';
import type { Storage } from '../../src/storage/storage.ts';
import { writeTinyModel } from '../models/tiny-model.ts';

const images = 60;
let folder: string;
let storage: Storage;
let runs = 0;

before(async () => {
  folder = mkdtempSync(join(tmpdir(), 'topfive-jobs-'));
  storage = openStorage(join(folder, 'store'));
  await writeSyntheticDataset({ directory: join(folder, 'set'), images, seed: 3, split: 'val' });
  await writeTinyModel(join(folder, 'small.onnx'), { side: 64, classes: 1000 });
  await writeTinyModel(join(folder, 'large.onnx'), { side: 96, classes: 1000, background: true });
});

after(() => rmSync(folder, { recursive: true, force: true }));

const recipe = {
  decoder: 'opencv',
  kernel: 'linear',
  resizeShort: 72,
  crop: 64,
  mean: [0.485, 0.456, 0.406],
  std: [0.229, 0.224, 0.225],
};

interface Changes {
  shardSize?: number;
  batchSize?: number | 'auto';
  labels?: string;
  reuse?: boolean;
  normalisation?: 'auto' | 'graph' | 'host';
  thumbnails?: number;
}

async function planRun(
  changes: Changes = {},
): Promise<{ plan: Plan; work: () => Promise<void>; reads: () => number }> {
  const { shardSize = 17, batchSize = 4, labels = './set/val_list.txt', reuse = false } = changes;
  const { normalisation = 'auto', thumbnails } = changes;
  const spec = checkSpec(
    {
      version: 1,
      dataset: { uri: './set/val', labels },
      models: [
        { id: 'small', onnx: './small.onnx', recipe },
        {
          id: 'large',
          onnx: './large.onnx',
          classOffset: 1,
          recipe: { ...recipe, decoder: 'pillow', kernel: 'bicubic', resizeShort: 100, crop: 96 },
        },
      ],
      normalisation,
      batchSize,
      shardSize,
      thumbnails,
    },
    { source: 'spec', folder },
  );
  const { manifest } = await indexDataset(spec.dataset);
  const models = await prepareModels(spec, { manifest });
  runs += 1;
  const createdAt = new Date().toISOString();
  const plan = makePlan({
    runId: `run-${runs}`,
    createdAt,
    topfive: '0.0.0',
    spec,
    manifest,
    models,
    workers: 2,
    reuse,
  });
  await saveManifest(storage, { manifest, key: runKeys(plan.runId).manifest });
  await savePlan(storage, plan);
  let decoded = 0;
  const source = openPixelSource(openImageSource(manifest));
  const pixels: PixelSource = {
    pixels(entry, rules) {
      decoded += rules.length > 0 ? 1 : 0;
      return source.pixels(entry, rules);
    },
  };
  const work = async () => {
    const opened = await Promise.all(
      models.map((model) => openModel(model, { threads: 1, device: 'cpu' })),
    );
    for (const { index: shard } of plan.shards) {
      await evaluateShard(
        { plan, manifest, shard, group: 0 },
        {
          storage,
          pixels,
          ahead: 5,
          async classifier(model) {
            const open = opened[models.indexOf(model)];
            const batch = await settleBatch(model, {
              plan,
              storage,
              device: 'here',
              at: open.at,
            });
            return { ...open.at(batch), provider: open.provider };
          },
          versions: { runtime: runtimeVersion, decoder: decoderVersion, topfive: '0.0.0' },
          fingerprint: {
            host: 'here',
            device: 'here',
            driver: null,
            threads: 1,
            node: process.version,
            os: 'any',
          },
          signal: new AbortController().signal,
          progress: () => {},
        },
      );
    }
    await Promise.all(opened.map((open) => open.close()));
  };
  return { plan, work, reads: () => decoded };
}

async function aggregate({ runId, models }: Plan) {
  const record = await aggregateRun({ storage, runId, childFailures: [], finishedAt: new Date() });
  const predictions = await Promise.all(
    models.map((model) => storage.get(runKeys(runId).predictions(model))),
  );
  return { record, predictions };
}

async function runWhole(changes: Changes) {
  const { plan, work } = await planRun(changes);
  await work();
  return aggregate(plan);
}

test('shards of 1, 17 and 60 images give the same accuracy and the same bytes of predictions', async () => {
  const whole = await runWhole({ shardSize: 60 });
  assert.equal(whole.record.status, 'complete');
  assert.equal(whole.record.models[0].accuracy.expected, images);
  for (const shardSize of [1, 17]) {
    const cut = await runWhole({ shardSize });
    assert.deepEqual(cut.predictions, whole.predictions);
    assert.deepEqual(
      cut.record.models.map(({ accuracy }) => accuracy),
      whole.record.models.map(({ accuracy }) => accuracy),
    );
  }
});

test('batches of 1, 7 and 32 give the same accuracy', async () => {
  const [one, seven, many] = await Promise.all(
    [1, 7, 32].map((batchSize) => runWhole({ batchSize })),
  );
  for (const other of [seven, many]) {
    assert.deepEqual(
      other.record.models.map(({ accuracy }) => accuracy),
      one.record.models.map(({ accuracy }) => accuracy),
    );
  }
});

test('normalised in the graph or on the host: the same bytes of predictions, and records that do not mix', async () => {
  const own = await runWhole({ shardSize: 30 });
  const host = await planRun({ shardSize: 30, normalisation: 'host', reuse: true });
  await host.work();
  assert.equal(host.reads(), images);
  const { record, predictions } = await aggregate(host.plan);
  assert.deepEqual(predictions, own.predictions);
  const placesOf = (run: typeof record) =>
    run.models.map(({ conditions }) => conditions.normalisation);
  assert.deepEqual(placesOf(own.record), ['graph', 'graph']);
  assert.deepEqual(placesOf(record), ['host', 'host']);
});

test('a graph too old to be changed is normalised on the host, and refused where the graph is asked for', async () => {
  const path = join(folder, 'small.onnx');
  const current = readFileSync(path);
  // The first field is the version of the format.
  assert.deepEqual([...current.subarray(0, 2)], [8, 8]);
  writeFileSync(
    path,
    Uint8Array.from(current, (byte, index) => (index === 1 ? 3 : byte)),
  );
  try {
    const { plan } = await planRun();
    assert.equal(plan.models[0].normalisation, 'host');
    await assert.rejects(planRun({ normalisation: 'graph' }), (error) => {
      assert.ok(error instanceof TopfiveError && error.exitCode === 2);
      assert.match(error.message, /normalisation: graph.*small\.onnx has version 3 of the format/);
      return true;
    });
  } finally {
    writeFileSync(path, current);
  }
});

test('the decoder reads each image once for both models', async () => {
  const { work, reads } = await planRun();
  await work();
  assert.equal(reads(), images);
});

test('a shard evaluated twice is committed once and is no finding', async () => {
  const { plan, work } = await planRun();
  await work();
  await work();
  const { record } = await aggregate(plan);
  assert.deepEqual(
    record.models.map(({ nondeterminism }) => nondeterminism),
    [[], []],
  );
});

test('a shard that nobody finished makes the run invalid, counts as wrong and says so', async () => {
  const { plan, work } = await planRun();
  await work();
  await storage.delete(runKeys(plan.runId).record(plan.models[0], 1));
  const childFailures = [{ shard: 1, group: 0, reason: 'the disk is full' }];
  const { runId } = plan;
  const record = await aggregateRun({ storage, runId, childFailures, finishedAt: new Date() });
  assert.equal(record.status, 'invalid');
  assert.match(record.reasons[0], /shard 1 \(images 17 to 33\) was not finished: the disk is full/);
  assert.equal(record.models[0].tally.modelError, 17);
  assert.equal(record.models[0].accuracy.failed >= 17, true);
  assert.equal(record.models[1].tally.modelError, 0);
});

test('records made under other conditions are refused, not merged', async () => {
  const { plan, work } = await planRun();
  await work();
  const key = runKeys(plan.runId).record(plan.models[0], 2);
  const record = JSON.parse((await storage.get(key)).toString());
  record.conditions.batch = 8;
  await storage.put(key, JSON.stringify(record));
  const { record: result } = await aggregate(plan);
  assert.equal(result.status, 'invalid');
  assert.ok(
    result.reasons.some((reason) => /batch 8/.test(reason)),
    result.reasons.join('\n'),
  );
  assert.equal(result.models[0].accuracy.scored, 0);
});

test('a listed file that is not there makes the run invalid and is named', async () => {
  const labels = join(folder, 'with-missing.txt');
  writeFileSync(labels, 'ILSVRC2012_val_00000001.JPEG 3\nnot-there.JPEG 4\n');
  const { record } = await runWhole({ labels });
  assert.equal(record.status, 'invalid');
  assert.equal(record.models[0].tally.missing, 1);
  assert.equal(record.models[0].failures[0].key, 'not-there.JPEG');
});

test('--reuse takes over records of equal conditions without decoding, and not when an image has changed', async () => {
  const first = await runWhole({ shardSize: 20 });
  const again = await planRun({ shardSize: 20, reuse: true });
  await again.work();
  assert.equal(again.reads(), 0);
  assert.deepEqual((await aggregate(again.plan)).predictions, first.predictions);

  const name = (number: number) => join(folder, 'set/val', `ILSVRC2012_val_000000${number}.JPEG`);
  const bytes = readFileSync(name(30));
  cpSync(name(30), join(folder, 'kept'));
  bytes[bytes.length - 20] ^= 1;
  writeFileSync(name(30), bytes);
  const changed = await planRun({ shardSize: 20, reuse: true });
  await changed.work();
  assert.equal(changed.reads(), 20);
  cpSync(join(folder, 'kept'), name(30));
});

test('pictures of the surest mistakes lie beside the report and stand in it, unless none are asked for', async () => {
  const { record } = await runWhole({});
  const [{ mistakes }] = record.models;
  assert.ok(mistakes.length > 0);
  const files = async ({ runId }: { runId: string }) => {
    const { root } = runKeys(runId);
    const pictures: Record<string, string> = JSON.parse(
      (await storage.get(`${root}thumbnails.json`)).toString(),
    );
    return { pictures, page: (await storage.get(`${root}report.html`)).toString() };
  };
  const { pictures, page } = await files(record);
  assert.ok(mistakes.slice(0, 5).every(({ key }) => pictures[key]?.startsWith('/9j/')));
  assert.equal(page.match(/<img /g)?.length, Object.keys(pictures).length);
  const without = await files((await runWhole({ thumbnails: 0 })).record);
  assert.deepEqual(without.pictures, {});
  assert.doesNotMatch(without.page, /<img /);
});

test('a dataset that has gone takes the pictures and nothing else', async () => {
  const { plan, work } = await planRun({});
  await work();
  const away = join(folder, 'away');
  cpSync(join(folder, 'set'), away, { recursive: true });
  rmSync(join(folder, 'set'), { recursive: true });
  try {
    const { record } = await aggregate(plan);
    assert.equal(record.status, 'complete');
    const pictures = await storage.get(`${runKeys(plan.runId).root}thumbnails.json`);
    assert.equal(pictures.toString(), '{}\n');
  } finally {
    cpSync(away, join(folder, 'set'), { recursive: true });
  }
});

test('a model that ends in a softmax is told from one that gives logits before any image is read', async () => {
  await writeTinyModel(join(folder, 'softmax.onnx'), { side: 64, classes: 1000, softmax: true });
  const models = ['small', 'softmax'].map((id) => ({ id, onnx: `./${id}.onnx`, recipe }));
  const dataset = { uri: './set/val', labels: './set/val_list.txt' };
  const spec = checkSpec({ version: 1, dataset, models }, { source: 'spec', folder });
  const { manifest } = await indexDataset(spec.dataset);
  const planned = await prepareModels(spec, { manifest });
  assert.deepEqual(
    planned.map(({ sumsToOne }) => sumsToOne),
    [false, true],
  );
});
