import assert from 'node:assert/strict';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { pathToFileURL } from 'node:url';
import type { RunRecord } from '../../src/scoring/run-record.ts';
import { sha256 } from '../../src/storage/digest.ts';
import { correct, images, writeSmallSet } from './small-set.ts';
import { type Ended, makePlace } from './topfive.ts';

const place = makePlace();
const at = (...path: string[]) => join(place.directory, ...path);
let ended: Ended;
let record: RunRecord;

before(async () => {
  await writeSmallSet(place.directory);
  ended = await place.topfive('run', 'spec.yaml', '--workers', '2', '--out', 'out', '--json');
  record = JSON.parse(ended.stdout);
});
after(() => place.remove());

test('a run tells the exact counts as one JSON document', () => {
  assert.equal(ended.code, 0, ended.stderr);
  assert.equal(record.status, 'complete');
  assert.deepEqual(
    record.models.map(({ id }) => id),
    ['tiny', 'again'],
  );
  for (const { accuracy } of record.models) {
    const { expected, scored, failed, top1 } = accuracy;
    assert.deepEqual({ expected, scored, failed }, { expected: images, scored: images, failed: 0 });
    assert.equal(top1.correct, correct);
  }
  assert.equal(ended.stdout, readFileSync(at('out/report.json'), 'utf8'));
  assert.match(ended.stderr, new RegExp(`run ${record.runId}: 40 images, 2 models, 4 shards`));
});

test('a record has what one image costs by the graph itself: two operations a multiply-accumulate', async () => {
  const { stdout } = await place.topfive('models', 'inspect', 'tiny.onnx', '--json');
  const { params, macs } = JSON.parse(stdout).cost.exact;
  for (const { cost } of record.models) assert.deepEqual(cost, { params, macs, flops: 2 * macs });
});

describe('a run that has ended', { concurrency: 2 }, () => {
  const references: [string, () => string][] = [
    ['its id', () => record.runId],
    ['the path of its folder', () => at('.topfive/runs', record.runId)],
    ['the URI of its folder', () => pathToFileURL(at('.topfive/runs', record.runId)).href],
    ['the folder that --out made', () => './out'],
  ];
  for (const [what, reference] of references) {
    test(`is found by ${what}`, async () => {
      const { code, stdout, stderr } = await place.topfive('status', reference(), '--json');
      assert.equal(code, 0, stderr);
      const { status, shards, images: counts } = JSON.parse(stdout);
      assert.equal(status, 'complete');
      assert.deepEqual(shards, { total: 8, done: 8 });
      assert.deepEqual(counts, { expected: 2 * images, scored: 2 * images, failed: 0 });
    });
  }

  test('is listed, and a run that cannot be read does not hide it', async () => {
    mkdirSync(at('.topfive/runs/20200101-000000-damaged'));
    writeFileSync(at('.topfive/runs/20200101-000000-damaged/plan.json'), '{}');
    const { code, stdout, stderr } = await place.topfive('list', '--json');
    assert.equal(code, 0);
    assert.match(stderr, /^warning: [^\n]+damaged\/plan\.json [^\n]+\n$/);
    const states: { runId: string; status: string }[] = JSON.parse(stdout);
    assert.equal(states.find(({ runId }) => runId === record.runId)?.status, 'complete');
  });

  test('is watched to its end at once', async () => {
    const { code, stdout } = await place.topfive('watch', record.runId);
    assert.equal(code, 0);
    assert.match(stdout, /complete/);
  });

  test('cannot be cancelled', async () => {
    const { code, stderr } = await place.topfive('cancel', record.runId);
    assert.equal(code, 2);
    assert.match(stderr, /^error: run \S+ has ended already \(complete\)/);
  });

  test('is not run again by resume', async () => {
    const { code, stdout, stderr } = await place.topfive('resume', record.runId, '--json');
    assert.equal(code, 0);
    assert.equal(stdout, ended.stdout);
    assert.equal(stderr, '');
  });

  for (const [format, file] of Object.entries({
    json: 'report.json',
    md: 'report.md',
    html: 'report.html',
    csv: 'report.csv',
    junit: 'junit.xml',
  })) {
    test(`is rendered again as ${format}, from the record alone`, async () => {
      const { code, stdout, stderr } = await place.topfive('report', 'out', '--format', format);
      assert.equal(code, 0, stderr);
      assert.equal(stdout, readFileSync(at('out', file), 'utf8'));
    });
  }

  test('shows pictures of wrongly answered images, which can be left out', async () => {
    const page = ['report', 'out', '--format', 'html'];
    const [{ stdout: full }, { stdout: bare }] = [
      await place.topfive(...page),
      await place.topfive(...page, '--no-thumbnails'),
    ];
    assert.equal(full.match(/<img /g)?.length, images - correct);
    assert.doesNotMatch(bare, /<img /);
  });

  test('is rendered into a file', async () => {
    const { code, stdout } = await place.topfive('report', record.runId, '--out', 'again.md');
    assert.equal(code, 0);
    assert.equal(stdout, '');
    assert.equal(readFileSync(at('again.md'), 'utf8'), readFileSync(at('out/report.md'), 'utf8'));
  });

  test('gives its predictions as CSV, a row an image', async () => {
    const { stdout } = await place.topfive('predictions', record.runId, '--model', 'tiny');
    const [header, ...rows] = stdout.trimEnd().split('\n');
    assert.equal(header, 'key,label,state,c1,c2,c3,c4,c5,p1,p2,p3,p4,p5,rank');
    assert.equal(rows.length, images);
    assert.match(rows[9], /^image-009\.png,9,scored,9,.*,1$/);
    assert.equal(rows.filter((row) => row.endsWith(',1')).length, correct);
  });

  test('gives its predictions as JSON Lines and as Parquet', async () => {
    const ask = (format: string) =>
      place.topfive('predictions', 'out', '--model', 'again', '--format', format);
    const [jsonl, parquet] = await Promise.all([ask('jsonl'), ask('parquet')]);
    const [first] = jsonl.stdout.split('\n');
    assert.equal(JSON.parse(first).key, 'image-000.png');
    const stored = readFileSync(at('out/predictions/again.fp32.parquet'));
    assert.equal(sha256(parquet.stdout), sha256(stored.toString()));
  });

  test('names its models when another is asked for', async () => {
    const { code, stderr } = await place.topfive('predictions', 'out', '--model', 'b0');
    assert.equal(code, 2);
    assert.match(
      stderr,
      /^error: run out has no model b0: it has tiny \(fp32\), again \(fp32\)\n$/,
    );
  });

  test('ends quietly when nobody reads its predictions', async () => {
    const started = place.start('predictions', 'out', '--model', 'tiny');
    started.process.stdout?.destroy();
    const { code, stderr } = await started.ended;
    assert.equal(code, 0);
    assert.equal(stderr, '');
  });
});

test('flags in place of a spec make the same run, whose records --reuse takes over', async () => {
  const [, recipe] = /recipe: (\{.*?\})/.exec(readFileSync(at('spec.yaml'), 'utf8')) ?? [];
  writeFileSync(at('recipe.yaml'), recipe);
  const { code, stdout, stderr } = await place.topfive(
    ...['run', '--dataset', 'val', '--labels', 'val_list.txt', '--model', 'b=tiny.onnx'],
    ...['--recipe', 'recipe.yaml', '--name', 'by flags', '--batch-size', '4'],
    ...['--shard-size', '10', '--workers', '1', '--reuse', '--json'],
  );
  assert.equal(code, 0, stderr);
  const { name, models }: RunRecord = JSON.parse(stdout);
  assert.equal(name, 'by flags');
  assert.equal(models[0].accuracy.top1.correct, correct);
  const earlier = record.models.map(({ timings }) => JSON.stringify(timings));
  assert.ok(earlier.includes(JSON.stringify(models[0].timings)), 'records were made anew');
});

test('images that are not there make the run invalid, and its folder is written', async () => {
  const list = readFileSync(at('val_list.txt'), 'utf8');
  writeFileSync(at('val_list.txt'), `${list}absent.png 3\n`);
  const { code, stdout, stderr } = await place.topfive(
    ...['run', 'spec.yaml', '--workers', '1', '--out', 'invalid', '--json'],
  );
  writeFileSync(at('val_list.txt'), list);
  assert.equal(code, 3, stderr);
  assert.equal(JSON.parse(stdout).status, 'invalid');
  assert.equal(readFileSync(at('invalid/report.json'), 'utf8'), stdout);
});

test('an image that cannot be decoded counts as wrong in a complete run', async () => {
  const image = readFileSync(at('val/image-039.png'));
  writeFileSync(at('val/image-039.png'), image.subarray(0, 60));
  const { code, stdout, stderr } = await place.topfive(
    ...['run', 'spec.yaml', '--workers', '1', '--json'],
  );
  writeFileSync(at('val/image-039.png'), image);
  assert.equal(code, 0, stderr);
  const [{ accuracy, failures }] = JSON.parse(stdout).models;
  assert.equal(accuracy.top1.correct, correct - 1);
  assert.deepEqual([accuracy.scored, accuracy.failed], [images - 1, 1]);
  assert.deepEqual([failures[0].key, failures[0].state], ['image-039.png', 'undecodable']);
});
