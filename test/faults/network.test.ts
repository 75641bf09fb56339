/**
 * A run over a network: dataset, model and results on S3, Redis with a password on a port, three workers in namespaces that
 * reach nothing else. Undisturbed and disturbed it gives the bytes of a run on this machine.
 */
import assert from 'node:assert/strict';
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { after, before, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { openFs } from '../../src/storage/fs.ts';
import { openS3 } from '../../src/storage/s3-storage.ts';
import { anyCredentials, type Moto, makeBucket, startMoto, withoutMoto } from '../storage/moto.ts';
import { type Fault, type FaultProxy, startProxy } from '../storage/s3-proxy.ts';
import { makeFaultSet } from './fault-set.ts';
import { type Machine, makeNetwork, type Network, withoutNamespaces } from './namespaces.ts';
import { eventually } from './processes.ts';

const main = resolve(import.meta.dirname, '../../dist/cli/main.js');
const images = 320;
const shardSize = 16;
const shards = images / shardSize;
const password = 'of-this-test';
const skip = withoutMoto || withoutNamespaces();
const options = { skip };

let folder: string;
let moto: Moto;
let s3: FaultProxy;
let network: Network;
let redis: ChildProcess;
let queueUrl: string;
let expected: Buffer;
let env: NodeJS.ProcessEnv;

before(async () => {
  if (skip) return;
  folder = await makeFaultSet('network', { images, shardSize });
  network = makeNetwork(4);
  moto = await startMoto();
  s3 = await startProxy(moto.endpoint, network.address);
  await makeBucket(moto.endpoint, 'bucket');
  const settings = { ...anyCredentials, TOPFIVE_S3_ENDPOINT: s3.endpoint };
  Object.assign(process.env, settings);
  env = { ...process.env, ...settings, CI: 'true', TMPDIR: folder, XDG_CACHE_HOME: folder };
  redis = await startRedis(network.machines[3]);
  queueUrl = `redis://:${password}@${network.machines[3].address}:6379`;
  await putOnS3();
  const local = ['run', join(folder, 'spec.json'), '--workers', '1', '--out', join(folder, 'out')];
  const { code, stderr } = await topfive(...local, '--store', join(folder, 'store'));
  assert.equal(code, 0, stderr);
  expected = readFileSync(join(folder, 'out/predictions/tiny.fp32.parquet'));
});

after(async () => {
  redis?.kill('SIGKILL');
  await s3?.close();
  await moto?.stop();
  network?.remove();
  if (folder) rmSync(folder, { recursive: true, force: true });
});

async function startRedis({ within }: Machine): Promise<ChildProcess> {
  const settings = ['--bind', '0.0.0.0', '--requirepass', password, '--save', ''];
  const command = [...within, 'redis-server', ...settings, '--maxmemory-policy', 'noeviction'];
  const child = spawn(command[0], command.slice(1), {
    stdio: ['ignore', 'pipe', 'ignore'],
    cwd: folder,
  });
  let said = '';
  child.stdout.on('data', (chunk) => {
    said += chunk;
  });
  await eventually('redis', { look: () => /Ready to accept connections/.test(said) || undefined });
  return child;
}

async function putOnS3(): Promise<void> {
  const data = [
    'dataset',
    'pack',
    join(folder, 'val/val'),
    '--labels',
    join(folder, 'val/val_list.txt'),
  ];
  // In the order of the local run, which makes the same rows.
  const packed = await topfive(...data, '--out', 's3://bucket/packed');
  assert.equal(packed.code, 0, packed.stderr);
  const local = await topfive(...data, '--out', join(folder, 'packed'));
  assert.equal(local.code, 0, local.stderr);
  await openS3('s3://bucket/models').put('tiny.onnx', await openFs(folder).get('tiny.onnx'));
  const spec = JSON.parse(readFileSync(join(folder, 'spec.json'), 'utf8'));
  const [model] = spec.models;
  const remote = {
    ...spec,
    dataset: { uri: 's3://bucket/packed' },
    models: [{ ...model, onnx: 's3://bucket/models/tiny.onnx' }],
  };
  writeFileSync(join(folder, 'remote.json'), JSON.stringify(remote));
  writeFileSync(
    join(folder, 'spec.json'),
    JSON.stringify({ ...spec, dataset: { uri: './packed' } }),
  );
}

async function topfive(...args: string[]) {
  const child = spawn(process.execPath, [main, ...args], { env });
  return endOf(child);
}

async function endOf(child: ChildProcess) {
  const said = { stdout: '', stderr: '' };
  child.stdout?.on('data', (chunk) => {
    said.stdout += chunk;
  });
  child.stderr?.on('data', (chunk) => {
    said.stderr += chunk;
  });
  const [code] = await once(child, 'close');
  return { code, ...said };
}

/** Starts `topfive` on a machine, with a cache of its own. */
function startOn(machine: number, ...args: string[]) {
  const [command, ...first] = [...network.machines[machine].within, process.execPath, main];
  const child = spawn(command, [...first, ...args], {
    env: { ...env, XDG_CACHE_HOME: join(folder, `cache-${machine}`) },
  });
  return { child, ended: endOf(child) };
}

type Ended = ReturnType<typeof endOf>;

/** A run whose results come to lie in a store on S3. */
function followRun(store: string, { runId, workers }: { runId: string; workers: Ended[] }) {
  const storage = openS3(store);
  const countRecords = async () => {
    let records = 0;
    for await (const _ of storage.list(`runs/${runId}/records/`)) records += 1;
    return records;
  };
  return {
    /** Resolves once so many shards have their records; there must be some left. */
    async reaches(records: number): Promise<void> {
      const count = await eventually(`${records} records`, {
        look: async () => {
          const found = await countRecords();
          return found >= records ? found : undefined;
        },
      });
      assert.ok(count < shards, 'the run was over before it was disturbed');
    },
    async assertUnfinished(): Promise<void> {
      assert.ok((await countRecords()) < shards, 'nobody can go on without the queue');
    },
    async assertWhole(): Promise<void> {
      for (const { code, stderr } of await Promise.all(workers)) assert.equal(code, 0, stderr);
      const root = `runs/${runId}`;
      const report = JSON.parse((await storage.get(`${root}/report.json`)).toString());
      assert.equal(report.status, 'complete');
      assert.deepEqual(report.models[0].nondeterminism, []);
      const found = await storage.get(`${root}/predictions/tiny.fp32.parquet`);
      assert.ok(found.equals(expected), 'the bytes of the local run');
      assert.equal(await countRecords(), shards);
    },
  };
}

/** Submits the run from here and starts a worker on each of three machines. */
async function startRun(name: string) {
  const store = `s3://bucket/${name}`;
  const place = ['--store', store, '--queue', queueUrl];
  const submitted = await topfive('submit', join(folder, 'remote.json'), ...place, '--json');
  assert.equal(submitted.code, 0, submitted.stderr);
  const { runId } = JSON.parse(submitted.stdout) as { runId: string };
  const start = (machine: number) => startOn(machine, 'worker', '--exit-when-idle', '2', ...place);
  return followRun(store, { runId, workers: [0, 1, 2].map((machine) => start(machine).ended) });
}

test(
  'three machines that reach only Redis and S3 give the bytes of the local run',
  options,
  async () => {
    const [{ within }] = network.machines;
    const reach = (port: number, address: string) => {
      const script = `require('node:net').connect(${port}, '${address}').on('connect', () => process.exit(0)).on('error', () => process.exit(1))`;
      return (
        spawnSync(within[0], [...within.slice(1), process.execPath, '-e', script]).status === 0
      );
    };
    assert.ok(reach(6379, network.machines[3].address), 'Redis');
    assert.ok(reach(s3.port, network.address), 'S3');
    assert.ok(!reach(moto.port, '127.0.0.1'), 'this host’s own addresses');
    assert.ok(!reach(80, '192.0.2.1'), 'anything beyond');
    const run = await startRun('calm');
    await run.assertWhole();
  },
);

test('Redis unreachable for 20 seconds: the run completes and is equal', options, async () => {
  const run = await startRun('queue-away');
  await run.reaches(4);
  network.machines[3].cut();
  // The length of the outage is what is tested; nothing else ends it.
  await sleep(20_000);
  await run.assertUnfinished();
  network.machines[3].restore();
  await run.assertWhole();
});

test(
  'S3 busy and slow, and a worker cut off meanwhile: the run completes and is equal',
  options,
  async () => {
    const faults: (Fault | undefined)[] = [
      { refuse: { status: 503, code: 'SlowDown' } },
      undefined,
      { bytesPerSecond: 100_000 },
      undefined,
      { refuse: { status: 503, code: 'ServiceUnavailable' } },
      undefined,
      { cut: 1000 },
      undefined,
    ];
    const seen = { faults: 0 };
    const run = await startRun('s3-busy');
    let turn = 0;
    s3.rule = () => {
      const fault = faults[turn++ % faults.length];
      if (fault) seen.faults += 1;
      return fault;
    };
    try {
      await run.reaches(4);
      network.machines[0].cut();
      // As long as the link is off.
      await sleep(10_000);
      network.machines[0].restore();
      await run.assertWhole();
      assert.ok(seen.faults > shards, `${seen.faults} faults`);
    } finally {
      s3.rule = () => undefined;
    }
  },
);

test(
  'a coordinator with its store on S3 is killed and resumed: the run completes and is equal',
  options,
  async () => {
    const store = ['--store', 's3://bucket/coordinated'];
    const { address } = network.machines[3];
    const carry = ['--coordinate', '--host', address, '--port', '0', ...store];
    const first = startOn(3, 'run', join(folder, 'remote.json'), ...carry);
    const runs = openS3('s3://bucket/coordinated/runs');
    const runId = await eventually('an endpoint', {
      look: async () => {
        const [id] = await runs.folders('');
        return id && (await runs.size(`${id}/endpoint.json`)) ? id : undefined;
      },
    });
    const start = (machine: number) => startOn(machine, 'worker', '--run', runId, ...store).ended;
    const workers = [0, 1, 2].map(start);
    const run = followRun('s3://bucket/coordinated', { runId, workers });
    await run.reaches(4);
    first.child.kill('SIGKILL');
    await first.ended;
    const second = await startOn(3, 'resume', runId, ...carry).ended;
    assert.equal(second.code, 0, second.stderr);
    await run.assertWhole();
    const endpoint = JSON.parse((await runs.get(`${runId}/endpoint.json`)).toString());
    assert.equal(endpoint.epoch, 2);
  },
);
