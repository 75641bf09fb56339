/** A run on the Redis of a team: on a cluster, by sentinels with the master killed in its middle, and where all is forgotten. */
import assert from 'node:assert/strict';
import { readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { makePlace, type Place } from '../cli/topfive.ts';
import { countRecords, makeFaultSet } from './fault-set.ts';
import { eventually } from './processes.ts';
import { ask, makeCluster, openServers, type Server } from './redis-servers.ts';

const images = 400;
const shardSize = 20;
const servers = openServers();
let folder: string;
let place: Place;
let calm: Buffer;

before(async () => {
  folder = await makeFaultSet('replicas', { images, shardSize });
  place = makePlace();
  const { code, stderr } = await place.topfive(...runInto('calm'));
  assert.equal(code, 0, stderr);
  calm = predictionsOf('calm');
});

after(async () => {
  place?.remove();
  await servers.close();
  rmSync(folder, { recursive: true, force: true });
});

function runInto(name: string): string[] {
  const places = ['--store', join(folder, name), '--out', join(folder, `${name}-out`)];
  return ['run', join(folder, 'spec.json'), '--workers', '2', ...places];
}

const predictionsOf = (name: string) =>
  readFileSync(join(folder, `${name}-out`, 'predictions/tiny.fp32.parquet'));

const someRecords = (name: string) =>
  eventually('some records', {
    look: () => (countRecords(join(folder, name)) >= 4 ? true : undefined),
  });

const at = ({ port }: Server) => `127.0.0.1:${port}`;

test('a cluster carries a run, found by two of its three nodes', async () => {
  const nodes = await makeCluster(servers);
  const queue = `redis+cluster://:${nodes[0].password}@${nodes.slice(1).map(at)}`;
  const { code, stderr } = await place.topfive(...runInto('cluster'), '--queue', queue);
  assert.equal(code, 0, stderr);
  assert.ok(predictionsOf('cluster').equals(calm));
  const keys = await Promise.all(nodes.map((node) => ask(node, (client) => client.dbsize())));
  assert.equal(
    keys.filter((count) => count > 0).length,
    1,
    'one slot, or flows could not be added',
  );
});

for (const [what, fall] of [
  ['is killed', 'kill'],
  ['falls silent', 'freeze'],
] as const) {
  test(`when the master ${what} its replica goes on, and the run is complete with the same answers`, async () => {
    const { master, replica, sentinel } = await startReplicas();
    const queue = `redis+sentinel://:${master.password}@${at(sentinel)}/zoo`;
    const run = place.start(...runInto(fall), '--queue', queue);
    await someRecords(fall);
    await master[fall]();
    const { code, stderr } = await run.ended;
    assert.equal(code, 0, stderr);
    assert.equal((await ask(replica, (client) => client.role()))[0], 'master');
    assert.ok(predictionsOf(fall).equals(calm));
  });
}

async function startReplicas() {
  const master = await servers.server();
  const replica = await servers.server([`replicaof 127.0.0.1 ${master.port}`]);
  const sentinel = await servers.sentinel(master);
  await eventually('a replica in step, which the sentinel knows', {
    look: async () => {
      const role = await ask(replica, (client) => client.role());
      const known = await ask(sentinel, (client) => client.call('SENTINEL', 'REPLICAS', 'zoo'));
      const isKnown = String(known).includes(`,${replica.port},`);
      return role[3] === 'connected' && isKnown ? true : undefined;
    },
  });
  return { master, replica, sentinel };
}

/** A user with the rights that docs/operating.md names. */
const user = 'user zoo on >of-its-own ~{topfive}* &* +@all -@admin -@dangerous +info +client|list';

test('what a server has forgotten is put back on the queue, by a user with few rights', async () => {
  const server = await servers.server([user]);
  const queue = `redis://zoo:of-its-own@${at(server)}`;
  const run = place.start(...runInto('lost'), '--queue', queue);
  await someRecords('lost');
  await ask(server, (client) => client.flushall());
  const { code, stderr } = await run.ended;
  assert.equal(code, 0, stderr);
  assert.match(stderr, /the queue has lost the run; what has no record yet is put back/);
  assert.ok(predictionsOf('lost').equals(calm));
});

test('when the queue is gone for good the run ends in one sentence, and is resumed elsewhere', async () => {
  const server = await servers.server();
  const queue = `redis://:${server.password}@${at(server)}`;
  const run = place.start(...runInto('gone'), '--queue', queue);
  await someRecords('gone');
  await server.kill();
  const { code, stderr } = await run.ended;
  assert.equal(code, 5, stderr);
  const [last] = stderr.trim().split('\n').reverse();
  assert.match(
    last,
    /^error: the queue at redis:\/\/:\*\*\*@\S+ stopped answering; start its server/,
  );
  assert.doesNotMatch(stderr, /\[ioredis\]|\n +at /);
  const [runId] = readdirSync(join(folder, 'gone/runs'));
  const places = ['--store', join(folder, 'gone'), '--out', join(folder, 'gone-out')];
  const resumed = await place.topfive('resume', runId, '--workers', '2', ...places);
  assert.equal(resumed.code, 0, resumed.stderr);
  assert.ok(predictionsOf('gone').equals(calm));
});
