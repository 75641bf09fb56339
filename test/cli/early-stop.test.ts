import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import type { RunRecord } from '../../src/scoring/run-record.ts';
import { sha256 } from '../../src/storage/digest.ts';
import { images, specText, writeSmallSet } from './small-set.ts';
import { makePlace } from './topfive.ts';

const place = makePlace({ GITHUB_ACTOR: 'ada' });
const at = (...path: string[]) => join(place.directory, ...path);
let baseline: string;
/** A run that was stopped early. */
let stopped: RunRecord;

async function run(file: string, ...args: string[]) {
  const { code, stdout, stderr } = await place.topfive(
    'run',
    file,
    '--shard-size',
    '4',
    '--json',
    ...args,
  );
  assert.equal(code, 0, stderr);
  return JSON.parse(stdout) as RunRecord;
}

before(async () => {
  await writeSmallSet(place.directory);
  writeFileSync(at('early.yaml'), specText('gates: { margin: 30% }\nearlyStop: {}\n'));
  baseline = (await run('spec.yaml', '--workers', '1')).runId;
});
after(() => place.remove());

test('without a baseline a run cannot stop early, and the message says how to set one', async () => {
  const { code, stderr } = await place.topfive('run', 'early.yaml');
  assert.equal(code, 2);
  assert.match(
    stderr,
    /^error: early stop: "small" has no baseline yet; "topfive baseline set RUN --reason TEXT" sets one/,
  );
});

test('a baseline is set with a reason, by whom the environment names, and shown with its history', async () => {
  const set = (...args: string[]) => place.topfive('baseline', 'set', baseline, ...args);
  assert.equal((await set('--reason', 'first', '--json')).code, 0);
  const { code, stderr } = await set('--reason', 'again', '--expires', '2999-12-31');
  assert.equal(code, 0, stderr);
  const { stdout } = await place.topfive('baseline', 'show', '--json');
  const [{ name, blessing, isExpired, history }] = JSON.parse(stdout);
  assert.deepEqual([name, blessing.runId, isExpired], ['small', baseline, false]);
  assert.deepEqual(
    history.map((entry: Record<string, unknown>) => [entry.reason, entry.author, entry.expires]),
    [
      ['first', 'ada', null],
      ['again', 'ada', '2999-12-31'],
    ],
  );
  const { stdout: table } = await place.topfive('baseline', 'show', 'small');
  assert.match(table, new RegExp(`^small: run ${baseline}\n`));
});

test('one, two and three workers stop at the same image with the same bytes', async () => {
  const results: string[] = [];
  for (const workers of ['1', '2', '3']) {
    const record = await run('early.yaml', '--workers', workers, '--out', `out-${workers}`);
    assert.equal(record.status, 'stopped-early');
    const { estimate, earlyStop, models } = record;
    assert.ok(estimate && estimate.used < images);
    assert.ok(earlyStop?.gates.every(({ verdict }) => verdict === 'pass'));
    const files = ['tiny', 'again'].map((id) =>
      readFileSync(at(`out-${workers}/predictions/${id}.fp32.parquet`)),
    );
    const parts = models.map(({ id, tally, accuracy, perClass }) => ({
      id,
      tally,
      accuracy,
      perClass,
    }));
    stopped = record;
    results.push(JSON.stringify([estimate, earlyStop, parts, files.map((file) => sha256(file))]));
  }
  assert.equal(results[1], results[0]);
  assert.equal(results[2], results[0]);
  const markdown = readFileSync(at('out-1/report.md'), 'utf8');
  assert.match(markdown, /\*\*stopped early\*\*/);
  assert.match(markdown, /## Early stop\n\n\| Model .*\| pass \|/s);
});

test('a run that was stopped early is complete for status and resume, and never a baseline', async () => {
  const { runId } = stopped;
  const { stdout } = await place.topfive('status', runId, '--json');
  assert.equal(JSON.parse(stdout).status, 'stopped-early');
  const resumed = await place.topfive('resume', runId);
  assert.equal(resumed.code, 0);
  assert.match(resumed.stdout, /^stopped early: small/);
  const { code, stderr } = await place.topfive('baseline', 'set', runId, '--reason', 'quick');
  assert.equal(code, 3);
  assert.match(stderr, /^error: run \S+ cannot be a baseline: it was stopped early/);
});

const wrong: [string, string, RegExp][] = [
  [
    'another image',
    'gates: {}\nearlyStop: {}\nsubset: { size: 20 }\n',
    /early stop: the baseline \S+ has other images \(40\) than this run \(20\)/,
  ],
  [
    'a baseline that is not there',
    'gates: { baseline: 20200101-000000-000000 }\nearlyStop: {}\n',
    /there is no run "20200101-000000-000000"/,
  ],
  [
    'a published baseline',
    'gates: { baseline: published }\nearlyStop: {}\n',
    /early stop: a published figure has no answers image by image/,
  ],
  [
    'unseen images',
    'gates: { estimand: population }\nearlyStop: {}\n',
    /early stop: it decides about these images/,
  ],
  [
    'a margin without sense',
    'gates: { margin: 0.2 percent }\nearlyStop: {}\n',
    /gates\.margin: a share is a percentage such as 0\.2%/,
  ],
  ['an unknown field', 'gates: { margins: 0.1 }\n', /unknown field "margins" at gates/],
  [
    'two error levels',
    'gates: { alpha: 0.05, alarmsPerYear: 1 }\n',
    /gates: .*alpha.*alarmsPerYear/,
  ],
];
for (const [what, more, told] of wrong) {
  test(`early stop with ${what} is refused in one sentence`, async () => {
    writeFileSync(at('wrong.yaml'), specText(more));
    const { code, stdout, stderr } = await place.topfive('run', 'wrong.yaml', '--json');
    assert.equal(code, 2);
    assert.equal(stdout, '');
    assert.match(stderr, told);
    assert.match(stderr, /^error: [^\n]+\n$/);
  });
}

for (const [args, told] of [
  [['nowhere', '--reason', 'x'], /there is no run "nowhere"/],
  [['out-1', '--reason', 'x'], /holds results only/],
  [['RUN', '--reason', ' '], /must say something/],
  [['RUN'], /--reason/],
  [['RUN', '--reason', 'x', '--expires', '2020-01-01'], /That day is over/],
  [['RUN', '--reason', 'x', '--expires', 'tomorrow'], /a day such as/],
] as const) {
  test(`baseline set ${args.join(' ')} is refused in one sentence`, async () => {
    const words = args.map((arg) => (arg === 'RUN' ? baseline : arg));
    const { code, stderr } = await place.topfive('baseline', 'set', ...words);
    assert.equal(code, 2, stderr);
    assert.match(stderr, told);
    assert.match(stderr, /^error: [^\n]+\n$/);
  });
}
