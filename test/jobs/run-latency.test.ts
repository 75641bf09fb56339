import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, beforeEach, test } from 'node:test';
import { measureRestart } from '../../src/jobs/measure-restart.ts';
import { measureRunLatency, readRunLatency } from '../../src/jobs/run-latency.ts';
import { checkSpec } from '../../src/jobs/spec.ts';
import { openStorage } from '../../src/storage/open.ts';
import type { Storage } from '../../src/storage/storage.ts';
import { writeTinyModel } from '../models/tiny-model.ts';

let folder: string;
let storage: Storage;
let restarts: number;
before(async () => {
  folder = mkdtempSync(join(tmpdir(), 'topfive-run-latency-'));
  await writeTinyModel(join(folder, 'tiny.onnx'), { side: 16, classes: 10 });
});
beforeEach(() => {
  storage = openStorage(mkdtempSync(join(folder, 'store-')));
  restarts = 0;
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

async function measure(file: string, signal = new AbortController().signal): Promise<void> {
  const spec = checkSpec(
    {
      version: 1,
      dataset: { uri: './nothing' },
      models: [{ id: 'tiny', onnx: file, recipe }],
      latency: { batch: [1], restarts: 2, minSeconds: 0.01 },
    },
    { source: 'spec', folder },
  );
  await measureRunLatency(
    { runId: 'one', spec },
    {
      storage,
      latency: spec.latency!,
      device: 'cpu',
      signal,
      restart(request) {
        restarts += 1;
        return measureRestart(request);
      },
    },
  );
}

test('a run measures its latency once, however often its aggregation is tried', async () => {
  assert.equal(await readRunLatency(storage, 'one'), null);
  await measure('./tiny.onnx');
  const first = await readRunLatency(storage, 'one');
  assert.ok(first?.kind === 'latency');
  assert.equal(first.id, 'one');
  assert.equal(first.cells[0].measured!.restarts.length, 2);
  await measure('./tiny.onnx');
  assert.deepEqual(await readRunLatency(storage, 'one'), first);
  assert.equal(restarts, 2);
});

test('trouble is kept as the reason, and the run goes on', async () => {
  await measure('./absent.onnx');
  const kept = await readRunLatency(storage, 'one');
  assert.ok(kept?.kind === 'unmeasured');
  assert.match(kept.reason, /absent\.onnx/);
});

test('a measurement that was cut off is made anew by the next worker', async () => {
  const stop = new AbortController();
  stop.abort();
  await measure('./tiny.onnx', stop.signal);
  assert.equal(await readRunLatency(storage, 'one'), null);
  await measure('./tiny.onnx');
  assert.equal((await readRunLatency(storage, 'one'))?.kind, 'latency');
});
