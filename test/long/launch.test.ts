/** `submit --launch`: moto, or a server that knows Kubernetes's schemas, takes the jobs, and the test starts what they say in the place of a container engine. */
import assert from 'node:assert/strict';
import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import type { RunRecord } from '../../src/scoring/run-record.ts';
import { openFs } from '../../src/storage/fs.ts';
import { openS3 } from '../../src/storage/s3-storage.ts';
import { correct, specText, writeSmallSet } from '../cli/small-set.ts';
import { makePlace, type Place } from '../cli/topfive.ts';
import { type KubernetesServer, kubeconfig, startKubernetes } from '../launch/kubernetes-server.ts';
import { batchRegion, type MotoBatch, makeBatch } from '../launch/moto-batch.ts';
import { waitFor } from '../queue/harness.ts';
import { anyCredentials, type Moto, makeBucket, startMoto, withoutMoto } from '../storage/moto.ts';

const options = { skip: withoutMoto };
const store = 's3://bucket/store';
let moto: Moto;
let settings: Record<string, string>;
let batch: MotoBatch;
let kubernetes: KubernetesServer;
let place: Place;

before(async () => {
  if (withoutMoto) return;
  moto = await startMoto();
  settings = {
    ...anyCredentials,
    AWS_REGION: batchRegion,
    AWS_ENDPOINT_URL_BATCH: moto.endpoint,
    TOPFIVE_S3_ENDPOINT: moto.endpoint,
  };
  Object.assign(process.env, settings);
  await makeBucket(moto.endpoint, 'bucket');
  batch = await makeBatch(moto);
  kubernetes = await startKubernetes({
    namespace: 'lab',
    names: ['topfive-worker', 'topfive-coordinator'],
  });
  place = makePlace({ ...settings, TOPFIVE_STORE: store, KUBECONFIG: 'kubeconfig' });
  await writeFile(join(place.directory, 'kubeconfig'), kubeconfig(kubernetes.url));
  await writeSmallSet(place.directory);
  const set = openFs(place.directory);
  const bucket = openS3('s3://bucket/data');
  for await (const { key } of set.list('')) await bucket.put(key, await set.get(key));
  await writeFile(
    join(place.directory, 's3.yaml'),
    specText().replaceAll('./', 's3://bucket/data/'),
  );
});

after(async () => {
  place?.remove();
  await kubernetes?.close();
  await moto?.stop();
});

const platforms = {
  'aws-batch': () => batch.seen(),
  kubernetes: async () => kubernetes.seen(),
};

for (const [platform, seen] of Object.entries(platforms)) {
  const jobOf = (command: string) =>
    waitFor(`a job that runs ${command}`, async () =>
      (await seen()).find(({ args }) => args[0] === command),
    );

  test(
    `on ${platform} a coordinator is started as a job, starts its workers as jobs, and nothing is left after the run`,
    options,
    async () => {
      const submitted = await place.topfive(
        ...['submit', 's3://bucket/data/spec.yaml', '--launch', `${platform}:2`, '--json'],
      );
      assert.equal(submitted.code, 0, submitted.stderr);
      assert.match(submitted.stderr, /a coordinator starts on [a-z-]+, and 2 workers/);
      const { runId } = JSON.parse(submitted.stdout);
      const coordinating = await jobOf('resume');
      assert.equal(coordinating.members, 1);
      assert.equal(coordinating.env.TOPFIVE_STORE, store);
      const here = ['--host', '127.0.0.1', '--port', '0', '--json'];
      const coordinator = place.start(...coordinating.args, ...here);
      const working = await jobOf('worker');
      assert.equal(working.members, 2);
      const workers = [1, 2].map(() => place.start(...working.args));
      const ended = await coordinator.ended;
      assert.equal(ended.code, 0, ended.stderr);
      const record: RunRecord = JSON.parse(ended.stdout);
      assert.equal(record.runId, runId);
      for (const { accuracy } of record.models) assert.equal(accuracy.top1.correct, correct);
      const over = performance.now();
      for (const worker of workers) assert.equal((await worker.ended).code, 0);
      assert.ok(performance.now() - over < 5000, 'workers end within 5 s of their run');
      const left = (await seen()).filter(({ args, told }) => args[0] === 'worker' && !told);
      assert.deepEqual(left, [], 'workers that have not started are ended');
    },
  );
}

/** A protobuf field of a ModelProto, its `doc_string`: another file, but the same model. */
const docString = Buffer.from('\x32\x03own');

test(
  'labels and models of this machine serve a run elsewhere, and their copies go with it',
  options,
  async () => {
    const s3 = (await readFile(join(place.directory, 's3.yaml'), 'utf8')).replace('small', 'own');
    const local = s3
      .replaceAll('s3://bucket/data/tiny.onnx', './own.onnx')
      .replace('s3://bucket/data/val_list.txt', './val_list.txt');
    const model = await readFile(join(place.directory, 'tiny.onnx'));
    await writeFile(join(place.directory, 'own.onnx'), Buffer.concat([model, docString]));
    const block = 'latency: { batch: [1], restarts: 1, minSeconds: 0.05, maxSeconds: 1 }';
    const text = `${local}precision: [fp32, fp16]\n${block}\n`;
    await writeFile(join(place.directory, 'own.yaml'), text);
    const submit = ['submit', 'own.yaml', '--launch', 'aws-batch:1', '--json'];
    const submitted = await place.topfive(...submit);
    assert.equal(submitted.code, 0, submitted.stderr);
    const copies = () => openS3(store).folders('artifacts/');
    assert.equal((await copies()).length, 1, 'two models at two precisions are made of one file');

    await rm(join(place.directory, 'own.onnx'));
    const elsewhere = makePlace({ ...settings, TOPFIVE_STORE: store });
    after(() => elsewhere.remove());
    const { runId } = JSON.parse(submitted.stdout);
    const ended = await elsewhere.topfive('resume', runId, '--json');
    assert.equal(ended.code, 0, ended.stderr);
    const { models, latency }: RunRecord = JSON.parse(ended.stdout);
    assert.ok(latency?.kind === 'latency', 'its models are found on S3 too');
    assert.deepEqual(
      models.map(({ id, precision, accuracy }) => [id, precision, accuracy.top1.correct]),
      ['tiny', 'again'].flatMap((id) => ['fp32', 'fp16'].map((each) => [id, each, correct])),
    );

    await writeFile(join(elsewhere.directory, 'next.yaml'), s3);
    const next = await elsewhere.topfive('run', 'next.yaml', '--json');
    assert.equal(next.code, 0, next.stderr);
    const gc = ['gc', '--keep-days', '0', '--keep-runs', '1', '--delete'];
    assert.match((await elsewhere.topfive(...gc)).stderr, /runs? of \d+, with 1 artifact, /);
    assert.deepEqual(await copies(), []);
  },
);

const refused: [string, (text: string) => string, string[], RegExp][] = [
  [
    'a dataset on this machine',
    (text) => text.replace('s3://bucket/data/val,', './val,'),
    [],
    /the dataset is \/.*\/val, which workers on aws-batch cannot reach: put it on S3/,
  ],
  ['a store on this machine', (text) => text, ['--store', 'here'], /the store is here, which/],
  [
    'queues that are not there',
    (text) => text,
    [],
    /AWS Batch could not be asked to list jobs: .*absent-worker.*TOPFIVE_LAUNCH_NAME/,
  ],
];

for (const [what, change, more, sentence] of refused) {
  test(`${what} is refused in one sentence before anything is stored`, options, async () => {
    const own = sentence.source.includes('absent')
      ? makePlace({ ...process.env, TOPFIVE_LAUNCH_NAME: 'absent', TOPFIVE_STORE: store } as Record<
          string,
          string
        >)
      : place;
    const text = await readFile(join(place.directory, 's3.yaml'), 'utf8');
    await writeFile(join(own.directory, 'wrong.yaml'), change(text));
    const before = await place.topfive('list', '--json');
    const args = ['submit', 'wrong.yaml', '--launch', 'aws-batch:2', '--json', ...more];
    const { code, stdout, stderr } = await own.topfive(...args);
    assert.equal(code, 2, stderr);
    assert.equal(stdout, '');
    assert.match(stderr, sentence);
    assert.equal((await place.topfive('list', '--json')).stdout, before.stdout);
    if (own !== place) own.remove();
  });
}
