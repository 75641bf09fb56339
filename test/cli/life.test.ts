import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import type { RunRecord } from '../../src/scoring/run-record.ts';
import { correct, writeSmallSet } from './small-set.ts';
import { type Ended, makePlace } from './topfive.ts';

const place = makePlace();
before(() => writeSmallSet(place.directory));
after(() => place.remove());

async function statusOf(runId: string): Promise<string> {
  const { stdout } = await place.topfive('status', runId, '--json');
  return JSON.parse(stdout).status;
}

async function submit(...args: string[]): Promise<{ runId: string; stderr: string }> {
  const { code, stdout, stderr } = await place.topfive('submit', 'spec.yaml', '--json', ...args);
  assert.equal(code, 0, stderr);
  const { runId, ...rest } = JSON.parse(stdout);
  assert.deepEqual(rest, {});
  return { runId, stderr };
}

function assertComplete({ code, stdout, stderr }: Ended): void {
  assert.equal(code, 0, stderr);
  const { status, models }: RunRecord = JSON.parse(stdout);
  assert.equal(status, 'complete');
  for (const { accuracy } of models) assert.equal(accuracy.top1.correct, correct);
}

test('a submitted run is queued, cancelled, left alone by workers and completed by resume', async () => {
  const { runId, stderr } = await submit();
  assert.match(stderr, /"topfive worker --store \.topfive" takes the run up/);
  assert.equal(await statusOf(runId), 'queued');

  const cancelled = await place.topfive('cancel', runId, '--json');
  assert.equal(cancelled.code, 0, cancelled.stderr);
  assert.equal(JSON.parse(cancelled.stdout).status, 'cancelled');

  const worker = await place.topfive('worker', '--exit-when-idle', '0');
  assert.equal(worker.code, 0, worker.stderr);
  assert.equal(await statusOf(runId), 'cancelled');

  assertComplete(await place.topfive('resume', runId, '--workers', '1', '--json'));
});

test('a worker that starts the engine takes up what was submitted, and ends when idle', async () => {
  const { runId } = await submit();
  const { code, stderr } = await place.topfive('worker', '--exit-when-idle', '0');
  assert.equal(code, 0, stderr);
  assert.match(stderr, new RegExp(`taking up ${runId}`));
  assert.equal(await statusOf(runId), 'complete');
});

test('a worker attaches to the engine of a run that brings none, and SIGTERM ends it in order', async () => {
  const run = place.start('run', 'spec.yaml', '--workers', '0', '--json');
  await run.told(/workers on the queue do it/);
  const worker = place.start('worker');
  assertComplete(await run.ended);
  worker.process.kill('SIGTERM');
  const { code, stderr } = await worker.ended;
  assert.equal(code, 0, stderr);
});

test('a run that somebody cancels from elsewhere ends with exit code 130', async () => {
  const run = place.start('run', 'spec.yaml', '--workers', '0', '--json');
  await run.told(/^run (\S+):/m);
  const listed = await place.topfive('list', '--json');
  const [{ runId, status }] = JSON.parse(listed.stdout);
  assert.equal(status, 'queued');
  assert.equal((await place.topfive('cancel', runId)).code, 0);
  const { code, stdout } = await run.ended;
  assert.equal(code, 130);
  assert.equal(JSON.parse(stdout).status, 'cancelled');
});

test('local:N works in the background, and watch follows it to its end', async () => {
  const { runId } = await submit('--launch', 'local:1');
  const { code, stdout, stderr } = await place.topfive('watch', runId, '--json');
  assert.equal(code, 0, stderr);
  assert.equal(JSON.parse(stdout).status, 'complete');
  assert.ok(existsSync(join(place.directory, '.topfive/runs', runId, 'supervisor.log')));
  const lock = join(place.directory, '.topfive/queue/engine.lock');
  while (existsSync(lock)) await new Promise((resolve) => setTimeout(resolve, 20));
});

for (const workers of ['0', '1']) {
  test(`Ctrl-C cancels a run with ${workers} workers: exit code 130, and resume completes it`, async () => {
    const run = place.start('run', 'spec.yaml', '--workers', workers, '--json');
    await run.told(/^run /m);
    run.process.kill('SIGINT');
    const { code, stdout, stderr } = await run.ended;
    assert.equal(code, 130, stderr);
    const { runId, ...rest } = JSON.parse(stdout);
    assert.deepEqual(rest, { status: 'cancelled', reasons: ['the run was cancelled'] });
    assert.match(stderr, new RegExp(`"topfive resume ${runId}" goes on where it stopped`));
    assert.equal(await statusOf(runId), 'cancelled');
    assertComplete(await place.topfive('resume', runId, '--workers', '1', '--json'));
  });
}

test('a second Ctrl-C ends at once, and the run can still be resumed', async () => {
  const run = place.start('run', 'spec.yaml', '--workers', '0');
  await run.told(/^run /m);
  run.process.kill('SIGINT');
  await run.told(/once more ends at once/);
  run.process.kill('SIGINT');
  const { code, stderr } = await run.ended;
  assert.equal(code, 130);
  const [, runId] = /^run (\S+):/m.exec(stderr) ?? [];
  assertComplete(await place.topfive('resume', runId, '--workers', '1', '--json'));
});
