import assert from 'node:assert/strict';
import { test } from 'node:test';
import { waitUntilIdle } from '../../src/queue/idle-watch.ts';

const { signal } = new AbortController();

test('the wait for idleness starts again with every job seen anywhere', async () => {
  const answers = [0, 3, 0, 1];
  const outcome = await keepAlive(
    waitUntilIdle({
      seconds: 0.1,
      isBusy: () => false,
      countUnfinished: async () => answers.shift() ?? 0,
      signal,
    }),
  );
  assert.equal(outcome, 'idle');
  assert.deepEqual(answers, []);
});

test('a machine that slept through the wait looks twice before it is idle', async () => {
  const answers = [0, 2];
  const looks: number[] = [];
  const outcome = await keepAlive(
    waitUntilIdle({
      seconds: 0.05,
      isBusy: () => false,
      countUnfinished: async () => {
        sleepThrough(0.1);
        looks.push(answers.shift() ?? 0);
        return looks.at(-1)!;
      },
      signal,
    }),
  );
  assert.equal(outcome, 'idle');
  assert.deepEqual(looks, [0, 2, 0, 0]);
});

test('a queue that never answers ends the wait, but not while there is work', async () => {
  let looks = 0;
  const outcome = await keepAlive(
    waitUntilIdle({
      seconds: 0.05,
      isBusy: () => ++looks < 6,
      countUnfinished: () => Promise.reject(new Error('away')),
      signal,
      unreachableSeconds: 1,
    }),
  );
  assert.equal(outcome, 'unreachable');
  assert.ok(looks >= 7);
});

/** Nothing of this process runs for so many seconds. */
function sleepThrough(seconds: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1000 * seconds);
}

/** The watch itself does not keep a process alive. */
async function keepAlive<T>(promise: Promise<T>): Promise<T> {
  const timer = setInterval(() => {}, 1000);
  return promise.finally(() => clearInterval(timer));
}
