/** A worker process for tests: says which shard it took, reports progress, and never finishes it. */
import { createLogger } from '../../src/log.ts';
import { startRunWorker } from '../../src/queue/run-worker.ts';

const { url, lockMs } = JSON.parse(process.argv[2]) as { url: string; lockMs: number };

await startRunWorker({
  url,
  lockMs,
  stalledIntervalMs: 100,
  log: createLogger('silent'),
  async shard({ shard }, { progress }) {
    console.log(`took ${shard}`);
    for (let done = 1; ; done++) {
      progress({ done, total: 1000, scored: done, failed: 0 });
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  },
  async aggregate() {},
});
console.log('ready');
