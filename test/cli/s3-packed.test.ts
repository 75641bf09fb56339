/** A packed dataset on S3: neighbours come in one request, and the next shard's before the one at work has ended. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { anyCredentials, type Moto, makeBucket, startMoto, withoutMoto } from '../storage/moto.ts';
import { type FaultProxy, startProxy } from '../storage/s3-proxy.ts';
import { images, specText, writeSmallSet } from './small-set.ts';
import { makePlace, type Place } from './topfive.ts';

const options = { skip: withoutMoto };
const shardSize = 4;
const shards = images / shardSize;
let moto: Moto;
let proxy: FaultProxy;
let place: Place;

before(async () => {
  if (withoutMoto) return;
  moto = await startMoto();
  proxy = await startProxy(moto.endpoint);
  await makeBucket(moto.endpoint, 'bucket');
  place = makePlace({ ...anyCredentials, TOPFIVE_S3_ENDPOINT: proxy.endpoint });
  await writeSmallSet(place.directory);
  const packed = await place.topfive(
    ...['dataset', 'pack', 'val', '--labels', 'val_list.txt', '--out', 's3://bucket/packed'],
  );
  assert.equal(packed.code, 0, packed.stderr);
  const spec = (dataset: string) =>
    specText()
      .replace(/^dataset: .*$/m, dataset)
      .replace('shardSize: 10', `shardSize: ${shardSize}\nthumbnails: 0`);
  await writeFile(join(place.directory, 's3.yaml'), spec('dataset: { uri: s3://bucket/packed }'));
  const local = await place.topfive(
    ...['dataset', 'pack', 'val', '--labels', 'val_list.txt', '--out', 'packed'],
  );
  assert.equal(local.code, 0, local.stderr);
  await writeFile(join(place.directory, 'local.yaml'), spec('dataset: { uri: ./packed }'));
});

after(async () => {
  place?.remove();
  await proxy?.close();
  await moto?.stop();
});

test(
  'a shard is one request, the next one’s precedes the record of the one before, and the bytes are the same',
  options,
  async () => {
    const local = await place.topfive('run', 'local.yaml', '--out', 'local', '--workers', '1');
    assert.equal(local.code, 0, local.stderr);
    proxy.seen.length = 0;
    const remote = await place.topfive(
      ...['run', 's3.yaml', '--store', 's3://bucket/store', '--out', 'remote', '--workers', '1'],
    );
    assert.equal(remote.code, 0, remote.stderr);
    for (const model of ['tiny', 'again']) {
      const [a, b] = ['local', 'remote'].map((out) =>
        readFileSync(join(place.directory, out, `predictions/${model}.fp32.parquet`)),
      );
      assert.ok(a.equals(b), model);
    }
    const story = proxy.seen.flatMap((request) => {
      if (/^GET .*\.tar/.test(request)) return 'read';
      return /^PUT .*records\/tiny\.fp32/.test(request) ? 'commit' : [];
    });
    assert.equal(story.filter((step) => step === 'read').length, shards);
    assert.equal(story.filter((step) => step === 'commit').length, shards);
    const readBefore = story.flatMap((step, place) =>
      step === 'commit' ? story.slice(0, place).filter((earlier) => earlier === 'read').length : [],
    );
    // From the second shard on, while enough wait: with the commit of shard n there were n + 1 reads.
    const ahead = readBefore.filter((reads, committed) => reads > committed + 1).length;
    assert.ok(ahead >= shards - 5, `${readBefore} reads before each commit`);
    assert.ok(
      readBefore.every((reads, committed) => reads <= committed + 2),
      String(readBefore),
    );
  },
);
