/** Nights by a timetable, on a worker that always runs: conducted, judged, told, missed. */
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { after, before, test } from 'node:test';
import type { Night } from '../../src/scoring/night-record.ts';
import { writeSmallSet } from '../cli/small-set.ts';
import { makePlace, type Started } from '../cli/topfive.ts';
import { waitFor } from '../queue/harness.ts';
import { close, listen } from '../storage/web-server.ts';

const messages: { text: string; topfive: Night }[] = [];
const server = createServer(async (request, answer) => {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk);
  messages.push(JSON.parse(Buffer.concat(chunks).toString()));
  answer.end();
});
const place = makePlace({
  TOPFIVE_WEBHOOK: await listen(server),
  TOPFIVE_WEBHOOK_ALLOW_PRIVATE: 'true',
});
const workers: Started[] = [];
before(() => writeSmallSet(place.directory));
after(async () => {
  for (const { process } of workers) process.kill('SIGKILL');
  await close(server);
  place.remove();
});

async function schedule(...args: string[]) {
  const { code, stdout, stderr } = await place.topfive('schedule', ...args);
  return { code, stderr, json: stdout ? JSON.parse(stdout) : undefined };
}

function startWorker(): Started {
  const worker = place.start('worker');
  workers.push(worker);
  return worker;
}

async function stop({ process, ended }: Started): Promise<string> {
  process.kill('SIGTERM');
  const { code, stderr } = await ended;
  assert.equal(code, 0, stderr);
  return stderr;
}

const nextMessages = (count: number) =>
  waitFor(`${count} messages`, () => messages.length >= count && messages, 60_000);

const every = (seconds: number) => ['--cron', `*/${seconds} * * * * *`];

test('a schedule is kept before there is a worker, and shown', async () => {
  const added = await schedule('add', 'spec.yaml', ...every(4), '--name', 'often', '--json');
  assert.equal(added.code, 0, added.stderr);
  assert.match(added.stderr, /when a worker runs: topfive worker --store \.topfive/);
  const { name, runs, cron, timeZone, last } = added.json;
  assert.deepEqual(
    [name, runs, cron, timeZone, last],
    ['often', 'small', '*/4 * * * * *', 'UTC', null],
  );
  const { stdout } = await place.topfive('schedule', 'list');
  assert.match(stdout, /\noften +\*\/4 [^\n]+\n$/);
  const { json } = await schedule('list', '--json');
  assert.deepEqual(
    json.map((one: { name: string }) => one.name),
    ['often'],
  );
});

test('a worker that always runs conducts the night, alone, and tells the verdict', async () => {
  const worker = startWorker();
  const [{ text, topfive: first }] = await nextMessages(1);
  assert.match(text, /^inconclusive: small: "small" has no baseline yet/);
  assert.equal(first.scheduled?.schedule, 'often');
  assert.equal(new Date(first.scheduled?.due ?? '').getSeconds() % 4, 0);
  const blessed = await place.topfive('baseline', 'set', first.runId, '--reason', 'first');
  assert.equal(blessed.code, 0, blessed.stderr);
  const before = messages.length;
  const later = (await nextMessages(before + 2)).at(-1);
  assert.match(later?.text ?? '', /^pass: small: every answer is the same as in the baseline/);
  assert.match(await stop(worker), /is the night of schedule "often"/);
});

test('nights that no worker took are missed: the list warns, and the next night says it', async () => {
  const seen = messages.length;
  const { json, stderr } = await waitFor(
    'three missed nights',
    async () => {
      const listed = await schedule('list', '--json');
      return listed.json[0].missed >= 3 && listed;
    },
    60_000,
  );
  assert.match(stderr, /warning: \d+ nights of "often" found no worker; "topfive worker" without/);
  assert.equal(json[0].last.verdict, 'pass');
  const worker = startWorker();
  const told = await waitFor(
    'word of it',
    () => messages.slice(seen).find(({ text }) => /did not happen/.test(text)),
    60_000,
  );
  assert.match(
    told.text,
    /\d+ nights? did not happen: the last was .* UTC, and the timetable is "\*\/4 \* \* \* \* \*" \(UTC\)\./,
  );
  await stop(worker);
});

test('a night that cannot begin is told as failed', async () => {
  const worker = startWorker();
  const spec = 'version: 1\nname: broken\ndataset: { uri: ./gone }\nmodels: [EfficientNetB0]\n';
  writeFileSync(`${place.directory}/broken.yaml`, spec);
  const added = await schedule('add', 'broken.yaml', ...every(1));
  assert.equal(added.code, 0, added.stderr);
  const failed = await waitFor(
    'the failure',
    () => messages.find(({ text }) => /^failed: broken: /.test(text)),
    60_000,
  );
  assert.match(failed.text, /gone/);
  const removed = await schedule('remove', 'broken');
  assert.equal(removed.code, 0, removed.stderr);
  assert.match(await stop(worker), /night of schedule "broken": /);
});

test('a schedule that is removed is gone, and its nights stay', async () => {
  assert.equal((await schedule('remove', 'often')).code, 0);
  assert.deepEqual((await schedule('list', '--json')).json, []);
  const { stdout } = await place.topfive('history', 'tiny', '--json');
  assert.ok(JSON.parse(stdout).nights.length >= 3);
});

for (const [args, told] of [
  [['add', 'spec.yaml'], /required option '--cron <fields>'/],
  [['add', 'absent.yaml', '--cron', '0 2 * * *'], /there is no such file/],
  [['add', 'spec.yaml', '--cron', '0 2 * *'], /fewer than five fields/],
  [['add', 'spec.yaml', '--cron', '61 2 * * *'], /must be five fields of cron/],
  [['add', 'spec.yaml', '--cron', '0 2 * * *', '--tz', 'CEST2'], /the time zone must be a name/],
  [['remove', 'often'], /there is no schedule "often" in .*: it has none/],
  [['remove'], /missing required argument/],
  [['add', 'spec.yaml', '--cron', '0 2 * * *', '--queue', 'redis://127.0.0.1:1'], /127\.0\.0\.1:1/],
] as const) {
  test(`schedule ${args.join(' ')} is refused in one sentence`, async () => {
    const { code, stderr } = await schedule(...args);
    assert.equal(code, 2, stderr);
    assert.match(stderr, told);
    assert.match(stderr, /^error: [^\n]+\n$/);
  });
}
