/** Nights against published figures, on records of 50,000 images. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { gatesSchema } from '../../src/jobs/gates.ts';
import { judgeNight } from '../../src/jobs/judge-night.ts';
import type { RunRecord } from '../../src/scoring/run-record.ts';
import { metricOf } from '../../src/scoring/wilson.ts';
import { openFs } from '../../src/storage/fs.ts';
import { seriesRecord } from '../report/record-fixture.ts';

const images = 50_000;
const b0 = 'EfficientNetB0';
const folder = { name: 'run', storage: openFs('nowhere'), root: '' };

/** All fourteen models exactly as published, but one by this many images of top-1. */
function recordOf(id: string, more: number): RunRecord {
  const record = seriesRecord();
  const models = record.models.map((model) => {
    const { published, accuracy } = model;
    assert.ok(published);
    const right = (metric: 'top1' | 'top5') => Math.round(published[metric] * images);
    const top1 = right('top1') + (model.id === id ? more : 0);
    return {
      ...model,
      accuracy: {
        ...accuracy,
        top1: metricOf(top1, images),
        top5: metricOf(right('top5'), images),
      },
    };
  });
  return { ...record, models };
}

const judge = (record: RunRecord) =>
  judgeNight({
    candidate: { folder, record },
    baseline: { kind: 'published' },
    gates: gatesSchema.parse({ baseline: 'published' }),
    known: [],
    noiseOf: () => null,
  });

/** The card prints four digits, half a unit is 2.5 images; its tolerance adds to that. */
const { published } = recordOf(b0, 0).models.find(({ id }) => id === b0) ?? {};
const allowed = 2.5 + (published?.tolerance?.fraction ?? 0) * images;
const within = Math.floor(allowed);

test('fourteen models as published pass, with two gates each', async () => {
  const { verdict, gates, reasons } = await judge(recordOf(b0, 0));
  assert.deepEqual([verdict, gates.length, reasons], ['pass', 28, []]);
});

test('a model that is below by rounding and tolerance passes, one image further is a regression of its gate alone', async () => {
  assert.ok(within >= 2);
  assert.equal((await judge(recordOf(b0, -within))).verdict, 'pass');
  const { verdict, gates } = await judge(recordOf(b0, -within - 1));
  assert.equal(verdict, 'regression');
  const failed = gates.filter((gate) => gate.verdict === 'regression');
  assert.deepEqual(
    failed.map(({ id, metric }) => [id, metric]),
    [[b0, 'top1']],
  );
  assert.match(
    failed[0].explanation,
    /^\d+\.\d images fewer are right than published \(.+\), more than rounding and the declared tolerance explain \(\d+\.\d\)\.$/,
  );
  assert.equal(failed[0].marginImages, allowed);
});

test('a model that is better than published is no failure, however much', async () => {
  const { verdict, gates } = await judge(recordOf(b0, 2000));
  assert.equal(verdict, 'pass');
  assert.match(
    gates[0].explanation + gates.map((gate) => gate.explanation).join(),
    /images more are right than published .*, more than rounding/,
  );
});

test('a model without published figures makes the night invalid, and is named', async () => {
  const record = recordOf(b0, 0);
  const models = record.models.map((model) =>
    model.id === b0 ? { ...model, published: null } : model,
  );
  const { verdict, reasons } = await judge({ ...record, models });
  assert.equal(verdict, 'invalid');
  assert.deepEqual(reasons, [`No figures are published for ${b0}; name its card in the spec.`]);
});

test('on fewer images the figures say nothing', async () => {
  const { verdict, reasons, gates } = await judge(seriesRecord({ imagesPerClass: 49 }));
  assert.deepEqual([verdict, gates], ['invalid', []]);
  assert.match(reasons[0], /about the 50000 images .* and this run has 49000\.$/);
});

test('a latency gate is not judged against published figures, and the night says so', async () => {
  const { remarks } = await judgeNight({
    candidate: { folder, record: recordOf(b0, 0) },
    baseline: { kind: 'published' },
    gates: gatesSchema.parse({ baseline: 'published', latency: 1.1 }),
    known: [],
    noiseOf: () => null,
  });
  assert.match(
    remarks.join(),
    /^Latency is not judged, because published figures were measured on other/,
  );
});
