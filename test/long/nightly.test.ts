import assert from 'node:assert/strict';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import type { Night } from '../../src/scoring/night-record.ts';
import { classes, specText, writeSmallSet } from '../cli/small-set.ts';
import { makePlace } from '../cli/topfive.ts';
import { tinyModel } from '../models/tiny-model.ts';
import { close, listen } from '../storage/web-server.ts';

const messages: { text: string; topfive: Night }[] = [];
/** The answer to every message. */
let status = 200;
const server = createServer(async (request, answer) => {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk);
  messages.push(JSON.parse(Buffer.concat(chunks).toString()));
  answer.writeHead(status).end();
});
const webhook = await listen(server);
after(() => close(server));

const place = makePlace({
  USER: 'ada',
  TOPFIVE_WEBHOOK: webhook,
  TOPFIVE_WEBHOOK_ALLOW_PRIVATE: 'true',
});
const at = (...path: string[]) => join(place.directory, ...path);
before(() => writeSmallSet(place.directory));
after(() => place.remove());

async function night(file = 'spec.yaml', ...args: string[]) {
  const { code, stdout, stderr } = await place.topfive(
    'nightly',
    file,
    '--workers',
    '1',
    '--json',
    ...args,
  );
  assert.notEqual(stdout, '', stderr);
  return { code, stderr, ...JSON.parse(stdout) };
}

const silence = (...silent: number[]) =>
  writeFileSync(at('tiny.onnx'), tinyModel({ side: 20, classes, silent }));

test('the first night is inconclusive and says how to bless it', async () => {
  const first = await night();
  assert.equal(first.code, 4);
  assert.equal(first.verdict, 'inconclusive');
  assert.match(
    first.line,
    /^inconclusive: small: "small" has no baseline yet; "topfive baseline set/,
  );
  assert.deepEqual(messages, [
    { text: [first.line, ...first.notes].join('\n• '), topfive: messages[0].topfive },
  ]);
  assert.deepEqual(
    [messages[0].topfive.runId, messages[0].topfive.line],
    [first.runId, first.line],
  );
  assert.deepEqual([first.webhook.delivered, first.webhook.attempts], [true, 1]);
  const set = await place.topfive('baseline', 'set', first.runId, '--reason', 'first');
  assert.equal(set.code, 0, set.stderr);
});

test('an identical night passes, computes nothing and says so', async () => {
  const same = await night('spec.yaml', '--out', 'out');
  assert.equal(same.code, 0, same.stderr);
  assert.deepEqual(same.reused, { shards: 8, of: 8 });
  assert.match(same.line, /every answer is the same as in the baseline\. No input changed\./);
  assert.match(same.notes.join(), /Nothing was computed/);
  for (const file of [
    'night.json',
    'night.md',
    'night.html',
    'compare/compare.json',
    'report.json',
  ]) {
    assert.ok(readFileSync(at('out', file)).length > 0, file);
  }
  assert.match(readFileSync(at('out/night.html'), 'utf8'), /<svg/);
});

test('a webhook that refuses the message is told, and changes neither verdict nor exit code', async () => {
  status = 404;
  const { code, verdict, stderr, webhook: delivery } = await night();
  status = 200;
  assert.deepEqual([code, verdict, delivery.delivered], [0, 'pass', false]);
  assert.match(
    stderr,
    /warning: the webhook at 127\.0\.0\.1:\d+ did not take the verdict: it answered 404/,
  );
});

test('a spec names its own webhook, and a flag another', async () => {
  messages.length = 0;
  writeFileSync(at('own.yaml'), specText('webhook: https://nowhere.invalid/x\n'));
  const { code } = await night('own.yaml', '--webhook', `${webhook}/other`);
  assert.deepEqual([code, messages.length], [0, 1]);
});

test('a night of other weights is a regression that names images and cause, until it is acknowledged', async () => {
  silence(3);
  const bad = await night();
  assert.equal(bad.code, 1);
  assert.match(bad.line, /^regression: small: .*top-1 lost \d images on balance \(margin 0\)/);
  assert.match(bad.line, /\d+ answers moved \(\d lost\), first image-\d+\.png/);
  assert.match(bad.line, /Changed: weights/);
  const known = await place.topfive(
    ...['baseline', 'acknowledge', bad.runId, '--reason', 'new export', '--until', '2999-01-01'],
  );
  assert.equal(known.code, 0, known.stderr);
  const borne = await night();
  assert.equal(borne.code, 0);
  assert.match(borne.line, /Known regression: .*new export \(ada, until 2999-01-01\)/);
  silence(3, 4);
  const worse = await night();
  assert.equal(worse.code, 1);
});

test('the history names the first bad night and what changed then', async () => {
  const { code, stdout, stderr } = await place.topfive(
    'history',
    'tiny',
    '--json',
    '--out',
    'h.html',
  );
  assert.equal(code, 0, stderr);
  const { nights, fall } = JSON.parse(stdout);
  assert.equal(nights.length, 7);
  assert.ok(fall.to < fall.from);
  assert.equal(fall.changes[0].what, 'artifact');
  assert.match(readFileSync(at('h.html'), 'utf8'), /Top-1 fell by about/);
});

test('a night that may stop early has its verdict on a part of the images', async () => {
  silence();
  writeFileSync(at('early.yaml'), specText('gates: { margin: 30% }\nearlyStop: {}\n'));
  const early = await night('early.yaml');
  assert.equal(early.code, 0, early.stderr);
  assert.equal(early.verdict, 'pass');
  assert.equal(early.stoppedEarly, true);
  assert.equal(early.comparison.verdict, 'pass');
});

test('an image without an answer, or too few, makes the night invalid', async () => {
  const image = readFileSync(at('val/image-039.png'));
  writeFileSync(at('val/image-039.png'), image.subarray(0, 60));
  const corrupt = await night();
  assert.equal(corrupt.code, 3);
  assert.match(corrupt.line, /^invalid: small: /);
  writeFileSync(at('strict.yaml'), specText('gates: { coverage: 100% }\n'));
  const strict = await night('strict.yaml');
  writeFileSync(at('val/image-039.png'), image);
  assert.equal(strict.code, 3);
  assert.match(strict.line, /39 of 40 images, fewer than the 100%/);
});

test('a published baseline is about 50,000 images', async () => {
  writeFileSync(at('published.yaml'), specText('gates: { baseline: published }\n'));
  const published = await night('published.yaml');
  assert.equal(published.code, 3);
  assert.match(published.line, /about the 50000 images of the ImageNet validation set/);
});

test('nights that are missing, by their usual distance, are told by the next one', async () => {
  const folder = at('.topfive/nights/small');
  const kept = readdirSync(folder).sort();
  for (const [place, file] of kept.entries()) {
    const record = JSON.parse(readFileSync(join(folder, file), 'utf8'));
    // A night a day, and none for the last three days.
    const at = new Date(Date.now() - (kept.length - place + 2) * 86_400_000).toISOString();
    writeFileSync(join(folder, file), JSON.stringify({ ...record, at }));
  }
  const { notes, code, stderr } = await night();
  assert.equal(code, 0, stderr);
  assert.match(
    notes.join('\n'),
    /^2 nights did not happen: the last was .* UTC, and there is one every 24 h 0 min usually\.$/m,
  );
  const next = await night();
  assert.doesNotMatch(next.notes.join(), /did not happen/);
});

test('a latency gate without a measurement is not judged, says why, and leaves the verdict', async () => {
  writeFileSync(at('latency.yaml'), specText('gates: { latency: 1.1 }\n'));
  const { code, verdict, latency, notes } = await night('latency.yaml');
  assert.deepEqual([code, verdict, latency], [0, 'pass', []]);
  assert.match(
    notes.join(),
    /Latency is not judged, because this run has none; "latency:" in the spec/,
  );
});

test('a baseline whose day is over is none: inconclusive, with the day', async () => {
  const [file] = readdirSync(at('.topfive/baselines/small')).sort();
  const path = at('.topfive/baselines/small', file);
  const entry = JSON.parse(readFileSync(path, 'utf8'));
  writeFileSync(path, JSON.stringify({ ...entry, expires: '2020-01-01' }));
  const expired = await night();
  writeFileSync(path, JSON.stringify(entry));
  assert.deepEqual([expired.code, expired.verdict], [4, 'inconclusive']);
  assert.match(
    expired.line,
    /baseline of "small", run \S+, expired on 2020-01-01; "topfive baseline set/,
  );
});

for (const [args, told] of [
  [['nightly'], /missing required argument/],
  [['nightly', 'absent.yaml'], /there is no such file/],
  [['nightly', 'spec.yaml', '--webhook', 'chat'], /must be a URL that begins with https/],
  [['history', 'b0'], /no night of \S+ has b0: there are again \(fp32\), tiny \(fp32\)/],
  [
    ['baseline', 'acknowledge', 'nowhere', '--reason', 'x', '--until', '2999-01-01'],
    /there is no run/,
  ],
] as const) {
  test(`${args.join(' ')} is refused in one sentence`, async () => {
    const { code, stderr } = await place.topfive(...args);
    assert.equal(code, 2, stderr);
    assert.match(stderr, told);
    assert.match(stderr, /^error: [^\n]+\n$/);
  });
}
