import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type OpenJobs, type TailWatch, waitForTail } from '../../src/queue/tail-watch.ts';

/** A watch over a script of answers, the last of which is given for ever; the others' ids are heard as told. */
function watchOver(answers: (OpenJobs | 'away')[], more: Partial<TailWatch> = {}) {
  const left = [...answers];
  let looks = 0;
  let announced = 0;
  const watch: TailWatch = {
    isBusy: () => false,
    async count() {
      looks += 1;
      const answer = left.length > 1 ? left.shift() : left[0];
      if (answer === 'away' || answer === undefined) throw new Error('away');
      return answer;
    },
    async announce() {
      announced += 1;
    },
    heardLower: () => false,
    signal: new AbortController().signal,
    everyMs: 5,
    unreachableMs: 60,
    ...more,
  };
  return { watch, looks: () => looks, announced: () => announced };
}

const waiting = { takeable: 2, held: 1 };
const held = { takeable: 0, held: 1 };
const nothing = { takeable: 0, held: 0 };

/** The watch itself does not keep a process alive. */
async function endOf(watch: TailWatch) {
  const timer = setInterval(() => {}, 1000);
  return waitForTail(watch).finally(() => clearInterval(timer));
}

test('a worker goes once nobody holds or waits for anything', async () => {
  const { watch, looks, announced } = watchOver([waiting, held, nothing]);
  assert.equal(await endOf(watch), 'idle');
  assert.deepEqual([looks(), announced()], [3, 1]);
});

test('while jobs are held a worker goes when another idles, and stays as the spare when none does', async () => {
  const other = watchOver([held], { heardLower: () => true });
  assert.equal(await endOf(other.watch), 'idle');
  assert.equal(other.announced(), 3);

  const stop = new AbortController();
  const spare = watchOver([held], { signal: stop.signal });
  const ended = endOf(spare.watch);
  while (spare.announced() < 10) await new Promise((resolve) => setTimeout(resolve, 5));
  stop.abort();
  assert.equal(await ended, 'stopped');
});

test('nobody goes while a job waits for another attempt, or while it has one itself', async () => {
  let busyLooks = 0;
  const { watch, looks } = watchOver([waiting, waiting, waiting, waiting, waiting, nothing], {
    heardLower: () => true,
    isBusy: () => ++busyLooks <= 8,
  });
  assert.equal(await endOf(watch), 'idle');
  assert.equal(looks(), 10);
});

test('a queue that stops answering ends the watch, busy or not', async () => {
  const { watch } = watchOver([held, 'away'], { isBusy: () => true });
  assert.equal(await endOf(watch), 'unreachable');
});
