import assert from 'node:assert/strict';
import { test } from 'node:test';
import { throttleProgress } from '../../src/queue/progress-throttle.ts';

test('of many reports the first and the last are sent, one at a time', async () => {
  const sent: number[] = [];
  let sending = 0;
  const throttle = throttleProgress<number>(async (progress) => {
    assert.equal(++sending, 1);
    await new Promise((resolve) => setTimeout(resolve, 5));
    sent.push(progress);
    sending--;
  }, 10_000);
  for (let report = 1; report <= 1000; report++) throttle.report(report);
  await throttle.flush();
  assert.deepEqual(sent, [1, 1000]);
  await throttle.flush();
  assert.deepEqual(sent, [1, 1000]);
});

test('a report that was held back is sent when its time has come', async () => {
  const sent: number[] = [];
  await new Promise<void>((resolve) => {
    const throttle = throttleProgress<number>(async (progress) => {
      sent.push(progress);
      if (progress === 3) resolve();
    }, 20);
    for (const report of [1, 2, 3]) throttle.report(report);
  });
  assert.deepEqual(sent, [1, 3]);
});
