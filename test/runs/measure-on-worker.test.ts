import assert from 'node:assert/strict';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { keepUnmeasured, readRunLatency } from '../../src/jobs/run-latency.ts';
import { markCancelled } from '../../src/jobs/run-state.ts';
import { type Engine, openEngine } from '../../src/queue/engine.ts';
import { openRunQueue, type RunQueue } from '../../src/queue/run-queue.ts';
import { type RunWorker, startRunWorker } from '../../src/queue/run-worker.ts';
import { measureOnWorker } from '../../src/runs/measure-on-worker.ts';
import { openStorage } from '../../src/storage/open.ts';
import { log, makeDirectory } from '../queue/harness.ts';

const directory = makeDirectory();
const storage = openStorage(join(directory.path, 'store'));
const closings: (() => Promise<void>)[] = [];
let engine: Engine;
let queue: RunQueue;

before(async () => {
  engine = await openEngine({ directory: join(directory.path, 'queue'), own: true, log });
  closings.push(() => engine.close());
  queue = await openRunQueue(engine.url, { log, retryDelayMs: 10 });
  closings.push(() => queue.close());
});

after(async () => {
  for (const close of closings.reverse()) await close();
  directory.remove();
});

async function measureRun(runId: string, alone = new AbortController().signal) {
  await queue.enqueueRun({ runId, store: storage.uri, jobs: [] });
  const plan = { runId, spec: { latency: {} } } as unknown as Parameters<typeof measureOnWorker>[0];
  const signal = new AbortController().signal;
  return measureOnWorker(plan, { storage, queue, alone, signal });
}

async function startWorker(measure: (runId: string) => Promise<void>): Promise<RunWorker> {
  const work = ({ runId }: { runId: string }) => measure(runId);
  return startRunWorker({ url: engine.url, shard: async () => {}, measure: work, log });
}

const reasonOf = async (runId: string) => {
  const latency = await readRunLatency(storage, runId);
  return latency?.kind === 'unmeasured' ? latency.reason : latency;
};

test('a worker that takes shards measures, once', async () => {
  let measured = 0;
  const worker = await startWorker(async (runId) => {
    measured += 1;
    await keepUnmeasured(storage, { runId, reason: 'as the worker says' });
  });
  assert.equal(await measureRun('one'), true);
  assert.equal(await measureRun('one'), true);
  await worker.close();
  assert.equal(await reasonOf('one'), 'as the worker says');
  assert.equal(measured, 1);
});

test('when every attempt fails the last reason stands in place of figures', async () => {
  const worker = await startWorker(async () => {
    throw new Error('the device is gone');
  });
  assert.equal(await measureRun('failing'), true);
  await worker.close();
  assert.equal(await reasonOf('failing'), 'the device is gone');
});

test('a run without workers is not held up for its latency', async () => {
  assert.equal(await measureRun('lonely', AbortSignal.abort()), true);
  assert.equal(await reasonOf('lonely'), 'no worker was left to measure it');
});

test('a cancelled run is not measured', async () => {
  await markCancelled(storage, 'cancelled');
  assert.equal(await measureRun('cancelled'), false);
  assert.equal(await readRunLatency(storage, 'cancelled'), null);
});
