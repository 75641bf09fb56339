import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import {
  type ComparisonRecord,
  comparisonRecordSchema,
} from '../../src/scoring/comparison-record.ts';
import { correct, images, writeSmallSet } from './small-set.ts';
import { makePlace } from './topfive.ts';

const place = makePlace();
const at = (...path: string[]) => join(place.directory, ...path);

before(async () => {
  await writeSmallSet(place.directory);
  const [, recipe] = /recipe: (\{.*?\})/.exec(readFileSync(at('spec.yaml'), 'utf8')) ?? [];
  writeFileSync(at('recipe.yaml'), recipe);
  writeFileSync(at('other.csv'), 'filename,index_0\nimage-000.png,1\n');
  const { code, stderr } = await place.topfive(
    'run',
    'spec.yaml',
    '--workers',
    '1',
    '--out',
    'base',
  );
  assert.equal(code, 0, stderr);
});
after(() => place.remove());

async function compared(...args: string[]): Promise<ComparisonRecord & { code: number | null }> {
  const { code, stdout, stderr } = await place.topfive('compare', ...args, '--json');
  assert.ok(stdout, stderr);
  return { code, ...comparisonRecordSchema.parse(JSON.parse(stdout)) };
}

test('a run compared with itself passes: every answer is the same, and nothing changed', async () => {
  const record = await compared('base', 'base');
  assert.deepEqual([record.code, record.verdict, record.estimand], [0, 'pass', 'manifest']);
  assert.deepEqual(
    record.models.map(({ id, precision }) => [id, precision]),
    [
      ['tiny', 'fp32'],
      ['again', 'fp32'],
    ],
  );
  for (const model of record.models) {
    assert.ok('metrics' in model);
    const { baseline, candidate, onlyBaselineRight, images: all } = model.metrics.top1;
    assert.deepEqual([baseline, candidate, onlyBaselineRight, all], [correct, correct, 0, images]);
    assert.deepEqual([model.flips, model.agreement.identical], [[], true]);
  }
  assert.deepEqual(record.changed, []);
  const { stdout } = await place.topfive('compare', 'base', 'base');
  assert.match(stdout, /^pass: every answer is the same as in the baseline\.\n/);
});

test('two models of one run are compared with --pair', async () => {
  const record = await compared('base', '--pair', 'tiny=again', '--pair', 'again@fp32=tiny@fp32');
  assert.equal(record.verdict, 'pass');
  assert.deepEqual(
    record.models.map(({ id, against }) => [against?.id, id]),
    [
      ['tiny', 'again'],
      ['again', 'tiny'],
    ],
  );
});

test('a run that is invalid is refused with its first reason', async () => {
  writeFileSync(at('absent.txt'), 'image-000.png 1\nabsent.png 3\n');
  await place.topfive(
    ...['run', '--dataset', 'val', '--labels', 'absent.txt', '--model', 'tiny=tiny.onnx'],
    ...['--recipe', 'recipe.yaml', '--workers', '1', '--out', 'invalid'],
  );
  const record = await compared('base', 'invalid');
  assert.deepEqual([record.code, record.verdict], [3, 'invalid']);
  assert.match(
    record.reasons.join(),
    /^The candidate is an invalid run: tiny: 1 images .* missing/,
  );
});

const wrong: [string, string[], RegExp][] = [
  ['one run without --pair', ['base'], /nothing says what base is held against/],
  ['a run nobody knows', ['base', 'nosuch'], /there is no run "nosuch"/],
  [
    'a pair that is none',
    ['base', '--pair', 'tiny'],
    /'tiny'.*a model of the baseline and one of the candidate/,
  ],
  ['a model nobody knows', ['base', '--pair', 'tiny=b0'], /run base has no model b0: it has tiny/],
  ['a margin that is none', ['base', 'base', '--margin', 'x'], /'x'.*such as 0\.2%/],
  [
    'a margin beyond belief',
    ['base', 'base', '--margin', '0.2'],
    /20% of the images; write a percentage, such as 0\.2%/,
  ],
  ['another alpha', ['base', 'base', '--alpha', '1'], /between 0 and 0\.5/],
  ['an unknown estimand', ['base', 'base', '--estimand', 'all'], /manifest, population/],
  ['JSON and another format', ['base', 'base', '--json', '--format', 'md'], /--json.*--format/],
  ['an output that cannot be', ['base', 'base', '--out', '/dev/null/x'], /\/dev\/null\/x/],
  ['predictions that are not there', ['no.csv', 'base'], /there is no file no\.csv/],
  [
    'predictions of other columns',
    ['other.csv', 'base'],
    /other\.csv .* lacks key and label and c1/,
  ],
  ['a candidate of another tool', ['base', 'other.csv'], /there is no run/],
  ['an unknown allowance', ['base', 'base', '--allow', 'recipe,all'], /no difference "all"/],
];

for (const [what, args, message] of wrong) {
  test(`${what} is one sentence and exit code 2`, async () => {
    const { code, stdout, stderr } = await place.topfive('compare', ...args);
    assert.equal(code, 2, stderr);
    assert.equal(stdout, '');
    assert.match(stderr, /^error: [^\n]+\n$/);
    assert.match(stderr, message);
  });
}
