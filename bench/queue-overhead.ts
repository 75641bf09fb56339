/**
 * What the queue itself costs: one run of jobs that do nothing, put on an embedded Redis and drained, and the share that this
 * is of a real shard. `npx tsx bench/queue-overhead.ts [--jobs 100000] [--workers 2]`
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { Redis } from 'ioredis';
import { createLogger } from '../src/log.ts';
import { openEngine } from '../src/queue/engine.ts';
import { redisOptions } from '../src/queue/redis-client.ts';
import { openRunQueue } from '../src/queue/run-queue.ts';
import { startRunWorker } from '../src/queue/run-worker.ts';

const { values } = parseArgs({
  options: {
    jobs: { type: 'string', default: '100000' },
    workers: { type: 'string', default: '2' },
  },
});
const jobs = Number(values.jobs);
const workers = Number(values.workers);
const shardImages = 1000;
/** Images a second: EfficientNet-B0, the quickest of the fourteen, on one core; and what four cores can decode for a GPU. */
const paces = [90, 1000];

const log = createLogger('error');
const directory = await mkdtemp(join(tmpdir(), 'topfive-bench-'));
const engine = await openEngine({ queue: 'embedded:redis', directory, own: true, log });
const redis = new Redis(redisOptions(engine.url));
const queue = await openRunQueue(engine.url, { log });

async function memoryMb(): Promise<number> {
  const info = await redis.info('memory');
  return Number(/used_memory:(\d+)/.exec(info)?.[1]) / 1e6;
}

async function secondsOf(work: () => Promise<unknown>): Promise<number> {
  const started = performance.now();
  await work();
  return (performance.now() - started) / 1000;
}

const empty = await memoryMb();
const runId = 'bench-run';
const list = Array.from({ length: jobs }, (_, shard) => ({ shard, group: 0 }));
const adding = await secondsOf(() =>
  queue.enqueueRun({ runId, store: 's3://bucket/prefix', jobs: list }),
);
const full = await memoryMb();
console.log(
  `enqueued ${jobs} jobs in ${adding.toFixed(1)} s: ${Math.round(jobs / adding)} a second; Redis grew by ${(full - empty).toFixed(1)} MB, ${(((full - empty) * 1e6) / jobs).toFixed(0)} bytes a job`,
);

let done = 0;
let drained = 0;
let aggregated = false;
const started = performance.now();
const since = () => (performance.now() - started) / 1000;
const running = await Promise.all(
  Array.from({ length: workers }, () =>
    startRunWorker({
      url: engine.url,
      shard: async () => {
        done += 1;
        if (done === jobs) drained = since();
      },
      aggregate: async () => {
        aggregated = true;
      },
      log,
    }),
  ),
);
while (!aggregated) await sleep(50);
const ended = since();
const after = await memoryMb();
console.log(
  `drained by ${workers} workers in ${drained.toFixed(1)} s: ${Math.round(jobs / drained)} a second; the run's own job after another ${(ended - drained).toFixed(1)} s; Redis holds ${(after - empty).toFixed(1)} MB more than before`,
);
const perJob = (adding + workers * drained) / jobs;
console.log(`a job costs ${(perJob * 1000).toFixed(2)} ms of a worker, adding it included`);
for (const imagesPerSecond of paces) {
  const share = perJob / (shardImages / imagesPerSecond);
  console.log(
    `  ${(100 * share).toFixed(3)}% of a shard of ${shardImages} images at ${imagesPerSecond} images a second`,
  );
}

await Promise.all(running.map((worker) => worker.close(0)));
await queue.close();
redis.disconnect();
await engine.close();
await rm(directory, { recursive: true, force: true });
