/** Latency cells of a tiny model, each restart in this process: what is measured, in what order, and what is not. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { TopfiveError } from '../../src/errors.ts';
import { type MeasureTools, measureLatency } from '../../src/jobs/measure-latency.ts';
import { measureRestart, type RestartRequest } from '../../src/jobs/measure-restart.ts';
import { checkSpec } from '../../src/jobs/spec.ts';
import { latencyRecordSchema } from '../../src/scoring/latency-record.ts';
import { writeTinyModel } from '../models/tiny-model.ts';

let folder: string;
before(async () => {
  folder = mkdtempSync(join(tmpdir(), 'topfive-latency-'));
  process.env.TOPFIVE_CACHE = join(folder, 'cache');
  await writeTinyModel(join(folder, 'open.onnx'), { side: 16, classes: 10 });
  await writeTinyModel(join(folder, 'fixed.onnx'), { side: 16, classes: 10, batch: 2 });
});
after(() => rmSync(folder, { recursive: true }));

const recipe = {
  decoder: 'pillow',
  resizeShort: 20,
  kernel: 'bilinear',
  crop: 16,
  mean: [0.5, 0.5, 0.5],
  std: [0.25, 0.25, 0.25],
};

const quick = { restarts: 2, minSeconds: 0.01, maxSeconds: 5 };

async function measure(block: object, tools: Partial<MeasureTools> = {}, models = ['open']) {
  const requests: RestartRequest[] = [];
  const spec = checkSpec(
    {
      version: 1,
      dataset: { uri: './nothing' },
      models: models.map((id) => ({ id, onnx: `./${id}.onnx`, recipe })),
      latency: { ...quick, ...block },
    },
    { source: 'spec', folder },
  );
  const restart = tools.restart ?? measureRestart;
  const record = await measureLatency(spec, {
    latency: spec.latency!,
    tools: {
      id: 'one',
      device: 'cpu',
      signal: new AbortController().signal,
      onRestart: () => {},
      ...tools,
      restart(request) {
        requests.push(request);
        return restart(request);
      },
    },
  });
  return { record, requests };
}

test('every cell is measured, restart after restart, and the record can be read again', async () => {
  const told: string[] = [];
  const { record, requests } = await measure(
    { batch: [1, 4] },
    { onRestart: ({ cell, done, total }) => told.push(`${cell.batch}: ${done} of ${total}`) },
  );
  assert.deepEqual(
    requests.map(({ batch }) => batch),
    [1, 4, 1, 4],
  );
  assert.deepEqual(told, ['1: 1 of 4', '4: 2 of 4', '1: 3 of 4', '4: 4 of 4']);
  assert.deepEqual(latencyRecordSchema.parse(JSON.parse(JSON.stringify(record))), record);
  assert.equal(record.status, 'complete');
  for (const { measured, reason } of record.cells) {
    assert.equal(reason, null);
    assert.equal(measured!.restarts.length, 2);
    assert.ok(measured!.mean.value > 0 && measured!.p50 <= measured!.p99);
    assert.equal(measured!.mean.interval, null);
    assert.equal(measured!.validity.valid, true);
    for (const { answers, warmUp, memoryBytes } of measured!.restarts) {
      assert.equal(answers.differing, 0);
      assert.equal(answers.largestDifference, 0);
      assert.ok(answers.compared > 0 && warmUp.runs === 10 && memoryBytes > 0);
    }
  }
});

test("the seed's mode has ten runs untimed and five hundred timed", async () => {
  const { record } = await measure({ batch: [1], mode: 'seed', restarts: 1 });
  const [restart] = record.cells[0].measured!.restarts;
  assert.deepEqual([restart.warmUp.runs, restart.histogram.count], [10, 500]);
});

test('a multi-stream query is eight images, in as many runs as the batch needs', async () => {
  const { record } = await measure({ batch: [1, 8, 16], mode: 'multi-stream' });
  const [one, eight, sixteen] = record.cells;
  assert.equal(one.measured!.imagesPerQuery, 8);
  assert.ok(one.measured!.histogram.count >= 662);
  assert.ok(one.measured!.p50 > eight.measured!.p50);
  assert.match(sixteen.reason!, /query has 8 images, which do not fill the batch/);
});

test('what cannot be measured is a cell without figures, with its reason', async () => {
  const { record, requests } = await measure({ batch: [1, 2], precision: ['fp32', 'fp16'] }, {}, [
    'fixed',
  ]);
  assert.deepEqual(
    record.cells.map(({ precision, batch, reason }) => [precision, batch, reason]),
    [
      ['fp32', 1, 'the graph has a fixed batch of 2: export it with an open one'],
      ['fp32', 2, null],
      ['fp16', 1, 'the graph has a fixed batch of 2: export it with an open one'],
      ['fp16', 2, null],
    ],
  );
  assert.equal(requests.length, 4);
  const [, full, , half] = record.cells;
  assert.deepEqual([full.artifact.name, half.artifact.name], ['fixed.onnx', 'fixed.fp16.onnx']);
});

test('a restart that fails takes its cell, not the others', async () => {
  const { record } = await measure(
    { batch: [1, 4] },
    {
      restart: (request) =>
        request.batch === 4
          ? Promise.reject(new TopfiveError('failed', 'the measuring process ended with SIGKILL'))
          : measureRestart(request),
    },
  );
  assert.equal(record.cells[0].measured!.restarts.length, 2);
  assert.equal(record.cells[1].reason, 'the measuring process ended with SIGKILL');
});

test('a measurement that is cancelled keeps what it has', async () => {
  const stop = new AbortController();
  const { record } = await measure(
    { batch: [1, 4] },
    { signal: stop.signal, onRestart: () => stop.abort() },
  );
  assert.equal(record.status, 'cancelled');
  assert.equal(record.cells[0].measured!.restarts.length, 1);
  assert.equal(record.cells[1].reason, 'the measurement was cancelled before it');
});

test('a broken model is refused before anything is measured', async () => {
  writeFileSync(join(folder, 'broken.onnx'), 'no graph');
  await assert.rejects(
    measure({}, { restart: () => assert.fail('it was measured') }, ['open', 'broken']),
    (error) => error instanceof TopfiveError && error.kind === 'model',
  );
});
