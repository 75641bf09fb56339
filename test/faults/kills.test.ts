/** A run whose workers and queue are killed gives the bytes of a run that nobody disturbed, and leaves nothing behind. */
import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync, rmSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { after, before, test } from 'node:test';
import { countRecords, makeFaultSet } from './fault-set.ts';
import { childrenOf, eventually, listProcesses } from './processes.ts';

const main = resolve(import.meta.dirname, '../../dist/cli/main.js');
const images = 800;
const shardSize = 25;
let folder: string;

before(async () => {
  folder = await makeFaultSet('faults', { images, shardSize });
});

after(() => rmSync(folder, { recursive: true, force: true }));

function startRun(name: string): ChildProcess {
  const args = ['run', join(folder, 'spec.json'), '--workers', '2', '--store', join(folder, name)];
  return spawn(process.execPath, [main, ...args, '--out', join(folder, `${name}-out`)], {
    stdio: ['ignore', 'ignore', 'pipe'],
    env: { ...process.env, CI: 'true', TMPDIR: folder },
  });
}

async function endOf(run: ChildProcess): Promise<{ code: number; stderr: string }> {
  let stderr = '';
  run.stderr?.on('data', (chunk) => {
    stderr += chunk;
  });
  const [code] = await once(run, 'exit');
  return { code, stderr };
}

const resultsOf = (name: string) => ({
  predictions: readFileSync(join(folder, `${name}-out`, 'predictions', 'tiny.fp32.parquet')),
  report: JSON.parse(readFileSync(join(folder, `${name}-out`, 'report.json'), 'utf8')),
});

const workersOf = (run: ChildProcess) =>
  childrenOf(run.pid as number).filter(({ command }) => command.includes('main.js worker'));

const queueOf = (run: ChildProcess) =>
  childrenOf(run.pid as number).find(({ command }) => command.includes('redis-server'));

/** Kills a worker once it has committed at least `records` records together with the others. */
async function killWorkerAfter(
  records: number,
  { run, name }: { run: ChildProcess; name: string },
) {
  const victim = await eventually(`a worker after ${records} records`, {
    look: () => (countRecords(join(folder, name)) >= records ? workersOf(run)[0] : undefined),
  });
  process.kill(victim.pid, 'SIGKILL');
  await eventually('the death of a worker', {
    look: () => (workersOf(run).some(({ pid }) => pid === victim.pid) ? undefined : true),
  });
}

function assertNothingLeft(): void {
  const left = listProcesses().filter(({ command }) => command.includes(folder));
  assert.deepEqual(left, []);
  const sockets = readdirSync(folder).filter(
    (name) => !/^(val|tiny\.onnx|spec\.json|(calm|killed)(-out)?)$/.test(name),
  );
  assert.deepEqual(sockets, []);
}

test('workers killed twice and the queue killed once: same predictions, complete, nothing left', async () => {
  const calm = await endOf(startRun('calm'));
  assert.equal(calm.code, 0, calm.stderr);
  assertNothingLeft();

  const run = startRun('killed');
  const end = endOf(run);
  await killWorkerAfter(3, { run, name: 'killed' });
  const queue = await eventually('the queue server', { look: () => queueOf(run) });
  process.kill(queue.pid, 'SIGKILL');
  await eventually('a new queue server', {
    look: () => (queueOf(run)?.pid === queue.pid ? undefined : queueOf(run)),
  });
  await killWorkerAfter(8, { run, name: 'killed' });
  const { code, stderr } = await end;

  assert.equal(code, 0, stderr);
  assertNothingLeft();
  const expected = resultsOf('calm');
  const killed = resultsOf('killed');
  assert.ok(killed.predictions.equals(expected.predictions));
  assert.equal(killed.report.status, 'complete');
  assert.deepEqual(killed.report.models[0].accuracy, expected.report.models[0].accuracy);
  assert.deepEqual(killed.report.models[0].nondeterminism, []);
});
