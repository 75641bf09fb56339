import assert from 'node:assert/strict';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { after, before, test } from 'node:test';
import type { RunRecord } from '../../src/scoring/run-record.ts';
import { correct, specText, writeSmallSet } from '../cli/small-set.ts';
import { type Ended, makePlace, type Started } from '../cli/topfive.ts';

const place = makePlace();
before(() => writeSmallSet(place.directory));
after(() => place.remove());

const certificates = resolve(import.meta.dirname, '../fixtures/tls');
const coordinate = ['--coordinate', '--host', '127.0.0.1', '--port', '0', '--json'];
const tls = ['cert', 'key', 'ca'].flatMap((name) => {
  const file = { cert: 'queue.pem', key: 'queue.key', ca: 'authority.pem' }[name] ?? '';
  return [`--tls-${name}`, join(certificates, file)];
});

function assertComplete({ code, stdout, stderr }: Ended): void {
  assert.equal(code, 0, stderr);
  const { status, models }: RunRecord = JSON.parse(stdout);
  assert.equal(status, 'complete');
  for (const { accuracy } of models) assert.equal(accuracy.top1.correct, correct);
}

async function runIdOf(run: Started): Promise<string> {
  await run.told(/^run \S+:.*--run (\S+)\)/m);
  const [runId] = readdirSync(join(place.directory, '.topfive/runs')).sort().reverse();
  return runId;
}

const endpointOf = (runId: string) =>
  JSON.parse(readFileSync(join(place.directory, '.topfive/runs', runId, 'endpoint.json'), 'utf8'));

for (const [how, more] of [
  ['', []],
  [' over TLS', tls],
] as const) {
  test(`workers of a run find its coordinator${how}, work, and end with the run`, async () => {
    const run = place.start('run', 'spec.yaml', ...coordinate, ...more);
    const runId = await runIdOf(run);
    const workers = [1, 2].map(() => place.topfive('worker', '--run', runId));
    assertComplete(await run.ended);
    const ended = performance.now();
    for (const { code, stderr } of await Promise.all(workers)) assert.equal(code, 0, stderr);
    assert.ok(performance.now() - ended < 5000, 'workers end within 5 s of their run');
    assert.equal(endpointOf(runId).queue, null);
  });
}

test('a coordinator starts local workers, which leave when nothing is left for them', async () => {
  assertComplete(await place.topfive('run', 'spec.yaml', ...coordinate, '--launch', 'local:2'));
});

test('a coordinator that is told to end leaves its run to the next; the newest carries it', async () => {
  const first = place.start('run', 'spec.yaml', ...coordinate);
  const runId = await runIdOf(first);
  const worker = place.start('worker', '--run', runId, '--log-level', 'debug');
  first.process.kill('SIGTERM');
  const { code, stderr } = await first.ended;
  assert.equal(code, 5, stderr);
  assert.match(stderr, /was told to end; "topfive resume \S+ --coordinate" goes on/);
  const second = await place.topfive('resume', runId, ...coordinate, '--if-unfinished');
  assertComplete(second);
  assert.equal(endpointOf(runId).epoch, 2);
  const { code: workerCode, stderr: said } = await worker.ended;
  assert.equal(workerCode, 0, said);
});

test('a coordinator ends when a newer one has taken over', async () => {
  const stale = place.start('run', 'spec.yaml', ...coordinate);
  const runId = await runIdOf(stale);
  const newer = place.start('resume', runId, ...coordinate);
  const { code, stderr } = await stale.ended;
  assert.equal(code, 5, stderr);
  assert.match(stderr, /another coordinator, on \S+, has taken over run/);
  const worker = place.topfive('worker', '--run', runId);
  assertComplete(await newer.ended);
  assert.equal((await worker).code, 0);
});

test('a cancelled run stays cancelled for a coordinator that its platform starts again', async () => {
  const run = place.start('run', 'spec.yaml', ...coordinate);
  const runId = await runIdOf(run);
  assert.equal((await place.topfive('cancel', runId)).code, 0);
  assert.equal((await run.ended).code, 130);
  const again = await place.topfive('resume', runId, ...coordinate, '--if-unfinished');
  assert.equal(again.code, 130, again.stderr);
  const worker = await place.topfive('worker', '--run', runId);
  assert.equal(worker.code, 0, worker.stderr);
});

test('latency is measured by a worker of the run, after its last shard', async () => {
  const block = 'latency: { batch: [1], restarts: 2, minSeconds: 0.05, maxSeconds: 1 }';
  writeFileSync(join(place.directory, 'latency.yaml'), specText(block));
  const run = await place.topfive('run', 'latency.yaml', ...coordinate, '--launch', 'local:2');
  assertComplete(run);
  const { latency }: RunRecord = JSON.parse(run.stdout);
  assert.ok(latency?.kind === 'latency');
  assert.deepEqual(
    latency.cells.map(({ model, measured }) => [model, measured?.restarts.length]),
    [
      ['tiny', 2],
      ['again', 2],
    ],
  );
});
