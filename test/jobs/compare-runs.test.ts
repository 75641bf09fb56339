/** Comparisons from run folders on disk: what is paired, what is refused, and with which words. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { TopfiveError } from '../../src/errors.ts';
import { compareRuns, type EndedRun } from '../../src/jobs/compare-runs.ts';
import type { Allowance } from '../../src/jobs/refuse-comparison.ts';
import { predictionsFile } from '../../src/jobs/run-keys.ts';
import { encodePredictions } from '../../src/report/predictions.ts';
import type { NoiseBounds } from '../../src/scoring/judge-pairs.ts';
import type { ModelKey } from '../../src/scoring/records.ts';
import type { RunRecord } from '../../src/scoring/run-record.ts';
import { openStorage } from '../../src/storage/open.ts';
import { makeRecord } from '../report/record-fixture.ts';
import { type Row, sideOf } from '../scoring/sides.ts';

let folder: string;
before(() => {
  folder = mkdtempSync(join(tmpdir(), 'topfive-compare-'));
});
after(() => rmSync(folder, { recursive: true, force: true }));

const images = 40;
const rows: Row[] = Array.from({ length: images }, (_, image) => ({
  key: `${image}.jpeg`,
  label: image % 4,
  best: [[image % 4, 0.8]],
}));
const wrong = (count: number): Row[] =>
  rows.map((row, image) => (image < count ? { ...row, best: [[3 - row.label, 0.6]] } : row));

let runs = 0;

/** A run folder with these answers of each model. */
async function runOf(
  models: Record<string, Row[]>,
  change: (record: RunRecord) => void = () => {},
): Promise<EndedRun> {
  runs += 1;
  const storage = openStorage(join(folder, `run-${runs}`));
  const sketches = Object.keys(models).map((id) => ({ id, top1: 0.8, top5: 0.9 }));
  const record = makeRecord({ models: sketches, classes: 4, imagesPerClass: 10 });
  change(record);
  for (const { id, precision } of record.models) {
    const { keys, labels, predictions } = sideOf(models[id]);
    const columns = { keys: [...keys], labels: [...labels], predictions };
    await storage.put(predictionsFile({ id, precision }), encodePredictions(columns));
  }
  return { folder: { name: `run-${runs}`, storage, root: '' }, record };
}

interface Changes {
  allow?: Allowance[];
  noiseOf?: (model: ModelKey) => NoiseBounds;
}

const compare = (
  [baseline, candidate]: [EndedRun, EndedRun],
  { allow = [], noiseOf = () => null }: Changes = {},
) =>
  compareRuns({
    baseline,
    candidate,
    options: {
      estimand: 'manifest',
      margin: { top1: 0, top5: 0 },
      alpha: 0.05,
      allowed: new Set(allow),
      noiseOf,
    },
  });

test('models are paired by id and precision; those that one side lacks are named, not judged', async () => {
  const baseline = await runOf({ a: rows, b: rows });
  const candidate = await runOf({ b: wrong(2), c: rows });
  const { models, unpaired, verdict } = await compare([baseline, candidate]);
  assert.deepEqual(
    models.map(({ id, verdict: own }) => [id, own]),
    [['b', 'regression']],
  );
  const key = (id: string) => ({ id, precision: 'fp32' });
  assert.deepEqual(unpaired, { baseline: [key('a')], candidate: [key('c')] });
  assert.equal(verdict, 'regression');
});

test('runs without a model in common are invalid, and each side is told', async () => {
  const baseline = await runOf({ a: rows });
  const candidate = await runOf({ a: rows }, ({ models }) => {
    models[0].precision = 'fp16';
  });
  const { verdict, reasons, models } = await compare([baseline, candidate]);
  assert.deepEqual([verdict, models], ['invalid', []]);
  assert.match(
    reasons.join(),
    /no model in common: the baseline has a \(fp32\), the candidate a \(fp16\)/,
  );
});

test('a run on several device models is refused on either side, unless allowed', async () => {
  const sound = await runOf({ a: rows });
  const mixed = await runOf({ a: rows }, ({ environment }) => {
    environment.workers[1].device = 'another processor';
  });
  const refused = await compare([mixed, sound]);
  assert.equal(refused.verdict, 'invalid');
  assert.match(
    refused.reasons.join(),
    /^The baseline ran on 2 device models \(.*another processor/,
  );
  assert.match((await compare([sound, mixed])).reasons.join(), /^The candidate ran on 2 device/);
  const allowed = await compare([mixed, sound], { allow: ['devices'] });
  assert.deepEqual([allowed.verdict, allowed.allowed], ['pass', ['devices']]);
});

test('a run that is invalid or stopped early has no numbers to compare', async () => {
  const sound = await runOf({ a: rows });
  const invalid = await runOf({ a: rows }, (record) => {
    record.status = 'invalid';
    record.reasons = ['a: 1 images of the manifest are missing', 'another'];
  });
  const early = await runOf({ a: rows }, (record) => {
    record.status = 'stopped-early';
  });
  assert.deepEqual((await compare([sound, invalid])).reasons, [
    'The candidate is an invalid run: a: 1 images of the manifest are missing (and 1 more).',
  ]);
  assert.match((await compare([early, sound])).reasons.join(), /^The baseline was stopped early/);
});

test('noise is asked for by the model of the candidate, and said to be missing where it is', async () => {
  const pair: [EndedRun, EndedRun] = [
    await runOf({ a: rows, b: rows }),
    await runOf({ a: wrong(2), b: rows }),
  ];
  const noiseOf = ({ id }: ModelKey) => (id === 'a' ? { top1: 3, top5: 3 } : null);
  const { models } = await compare(pair, { noiseOf });
  const told = models.map((model) => {
    assert.ok('metrics' in model);
    const { noise, calibrated, verdict } = model.metrics.top1;
    return [noise, calibrated, verdict];
  });
  assert.deepEqual(told, [
    [3, true, 'inconclusive'],
    [0, false, 'pass'],
  ]);
});

test('predictions that are gone or damaged are one sentence that names the file', async () => {
  const sound = await runOf({ a: rows });
  const damaged = await runOf({ a: rows });
  const file = predictionsFile({ id: 'a', precision: 'fp32' });
  writeFileSync(join(folder, damaged.folder.name, file), 'not Parquet');
  await assert.rejects(compare([sound, damaged]), (error) => {
    assert.ok(error instanceof TopfiveError && error.kind === 'invalid');
    assert.match(
      error.message,
      /a\.fp32\.parquet: Expected a Parquet file with the columns key, label/,
    );
    return true;
  });
  await damaged.folder.storage.delete(file);
  await assert.rejects(compare([sound, damaged]), (error) => {
    assert.ok(error instanceof TopfiveError && error.kind === 'not-found');
    assert.match(error.message, /a\.fp32\.parquet/);
    return true;
  });
});
