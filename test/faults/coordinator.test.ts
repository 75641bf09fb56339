/** A coordinator killed in the middle of a run loses nothing that was committed, and nothing of a run outlives its end. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { after, before, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { makeFaultSet } from './fault-set.ts';
import { eventually, listProcesses } from './processes.ts';

const main = resolve(import.meta.dirname, '../../dist/cli/main.js');
const images = 400;
let folder: string;

before(async () => {
  folder = await makeFaultSet('coordinator', { images, shardSize: 20 });
});
after(() => rmSync(folder, { recursive: true, force: true }));

function start(...args: string[]) {
  const child = spawn(process.execPath, [main, ...args, '--store', join(folder, 'store')], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, CI: 'true', TMPDIR: folder },
  });
  const said = { stdout: '', stderr: '' };
  child.stdout.on('data', (chunk) => {
    said.stdout += chunk;
  });
  child.stderr.on('data', (chunk) => {
    said.stderr += chunk;
  });
  const ended = once(child, 'close').then(([code]) => ({ code, ...said }));
  return { child, ended };
}

const coordinate = ['--coordinate', '--host', '127.0.0.1', '--port', '0', '--json'];
const specFile = () => join(folder, 'spec.json');
const runFolder = (runId: string) => join(folder, 'store/runs', runId);

function countRecords(runId: string): number {
  const records = join(runFolder(runId), 'records/tiny.fp32');
  return existsSync(records) ? readdirSync(records).length : 0;
}

/** The run that has an endpoint and is not one of these. */
function newRun(known: string[]): string | undefined {
  const runs = join(folder, 'store/runs');
  if (!existsSync(runs)) return undefined;
  return readdirSync(runs).find(
    (name) => !known.includes(name) && existsSync(join(runs, name, 'endpoint.json')),
  );
}

/** Processes that were started with this test's temporary directory, the queue's server among them. */
function processesLeft(): string[] {
  return listProcesses()
    .filter(({ pid }) => environmentOf(pid).includes(`TMPDIR=${folder}\0`))
    .map(({ command }) => command);
}

function environmentOf(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/environ`, 'utf8');
  } catch {
    return '';
  }
}

/** Temporary files, sockets and locks. */
function filesLeft(): string[] {
  const ours = /^(val|tiny\.onnx|spec\.json|store)$/;
  const stored = readdirSync(join(folder, 'store'), { recursive: true, encoding: 'utf8' });
  return [
    ...readdirSync(folder).filter((name) => !ours.test(name)),
    ...stored.filter((name) => /\.lock|\.sock/.test(name)),
  ];
}

/** Within five seconds of the end of a run. */
async function assertNothingLeft(): Promise<void> {
  const deadline = performance.now() + 5000;
  const left = () => [...processesLeft(), ...filesLeft()];
  while (left().length > 0 && performance.now() < deadline) await sleep(50);
  assert.deepEqual(left(), []);
}

/** A process that is killed cannot tidy its temporary directories away; its server has ended with it. */
function removeRemains(): void {
  for (const name of readdirSync(folder).filter((each) => each.startsWith('topfive-'))) {
    rmSync(join(folder, name), { recursive: true });
  }
}

test('a coordinator killed in the middle is resumed: its workers find the new one, and the bytes are the same', async () => {
  const calm = await start('run', specFile(), ...coordinate, '--launch', 'local:2').ended;
  assert.equal(calm.code, 0, calm.stderr);
  const expected = JSON.parse(calm.stdout);
  await assertNothingLeft();

  const first = start('run', specFile(), ...coordinate);
  const runId = await eventually('an endpoint', { look: () => newRun([expected.runId]) });
  const workers = [1, 2].map(() => start('worker', '--run', runId));
  await eventually('some records', {
    look: () => (countRecords(runId) >= 4 ? true : undefined),
  });
  first.child.kill('SIGKILL');
  await first.ended;
  removeRemains();
  const committed = countRecords(runId);
  assert.ok(committed < images / 20, 'it was killed before the end');
  const second = await start('resume', runId, ...coordinate, '--if-unfinished').ended;
  assert.equal(second.code, 0, second.stderr);
  for (const { ended } of workers) {
    const { code, stderr } = await ended;
    assert.equal(code, 0, stderr);
  }

  const record = JSON.parse(second.stdout);
  assert.equal(record.status, 'complete');
  const { accuracy, tally, failures, nondeterminism } = record.models[0];
  const [wanted] = expected.models;
  assert.deepEqual([accuracy, tally], [wanted.accuracy, wanted.tally]);
  assert.deepEqual(failures, wanted.failures);
  assert.deepEqual(nondeterminism, []);
  const predictionsOf = (id: string) =>
    readFileSync(join(runFolder(id), 'predictions/tiny.fp32.parquet'));
  assert.ok(predictionsOf(runId).equals(predictionsOf(expected.runId)));
  await assertNothingLeft();
});

test('after submit --launch local:3 no process, socket or lock of the run is left', async () => {
  const { code, stdout, stderr } = await start(
    'submit',
    specFile(),
    '--launch',
    'local:3',
    '--json',
  ).ended;
  assert.equal(code, 0, stderr);
  const { runId } = JSON.parse(stdout);
  await eventually('the report', {
    look: () => (existsSync(join(runFolder(runId), 'report.json')) ? true : undefined),
    withinMs: 120_000,
  });
  await assertNothingLeft();
});

test('a worker on an empty queue ends by itself and leaves nothing', async () => {
  const { code, stderr } = await start('worker', '--exit-when-idle', '1').ended;
  assert.equal(code, 0, stderr);
  await assertNothingLeft();
});
