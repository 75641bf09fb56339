/** A baseline and a night each with one thing changed: the verdict, the exit code, and the cause by name. */
import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import type { ComparisonRecord, ModelComparison } from '../../src/scoring/comparison-record.ts';
import type { RunRecord } from '../../src/scoring/run-record.ts';
import { classes, correct, images, writeSmallSet } from '../cli/small-set.ts';
import { makePlace } from '../cli/topfive.ts';
import { tinyModel } from '../models/tiny-model.ts';

const place = makePlace();
const at = (...path: string[]) => join(place.directory, ...path);
const read = (file: string) => readFileSync(at(file));

interface Night {
  /** Files that are other than in the baseline, for this night only. */
  files?: Record<string, Uint8Array | string>;
  flags?: string[];
}

async function night(name: string, { files = {}, flags = [] }: Night): Promise<void> {
  const kept = Object.keys(files).map((file) => [file, read(file)] as const);
  for (const [file, content] of Object.entries(files)) writeFileSync(at(file), content);
  const run = await place.topfive('run', 'spec.yaml', '--workers', '1', '--out', name, ...flags);
  for (const [file, content] of kept) writeFileSync(at(file), content);
  assert.equal(run.code, 0, run.stderr);
}

async function compared(...args: string[]) {
  const { code, stdout, stderr } = await place.topfive('compare', ...args, '--json');
  assert.ok(stdout, stderr);
  return { code, record: JSON.parse(stdout) as ComparisonRecord };
}

/** The model of that id, which was not refused. */
function modelOf({ models }: ComparisonRecord, id: string): ModelComparison {
  const model = models.find((one) => one.id === id);
  assert.ok(model && 'metrics' in model, JSON.stringify(model));
  return model;
}

/** The fields that changed, those aside that are other in every process. */
const changedOf = ({ changed }: ComparisonRecord) => changed.map(({ what }) => what);

before(async () => {
  await writeSmallSet(place.directory);
  const spec = read('spec.yaml').toString();
  const [, recipe] = /recipe: (\{.*?\})/.exec(spec) ?? [];
  for (const [id, arithmetic] of [
    ['half', 'float16'],
    ['int8', 'int8'],
  ] as const) {
    writeFileSync(at(`${id}.onnx`), tinyModel({ side: 20, classes, arithmetic }));
  }
  const more = ['half', 'int8'].map(
    (id) => `  - { id: ${id}, onnx: ./${id}.onnx, recipe: ${recipe} }`,
  );
  writeFileSync(at('spec.yaml'), spec.replace('batchSize', `${more.join('\n')}\nbatchSize`));
  await night('base', {});
});
after(() => place.remove());

test('an unchanged night passes with the same answers, and nothing changed', async () => {
  const { code, record } = await compared('base', 'base');
  assert.deepEqual([code, record.verdict, changedOf(record)], [0, 'pass', []]);
});

describe('changed weights', () => {
  before(async () => {
    const weights = tinyModel({ side: 20, classes, silent: [9] });
    await night('weights', { files: { 'tiny.onnx': weights } });
  });

  test('are a regression by the number of images that flipped, and the weights are named', async () => {
    const { code, record } = await compared('base', 'weights');
    assert.deepEqual([code, record.verdict], [1, 'regression']);
    const { metrics, flips, churn, classes: scan } = modelOf(record, 'tiny');
    // Class 9 never wins: its four images, none of them mislabelled, are lost.
    const { top1 } = metrics;
    assert.deepEqual([top1.baseline, top1.candidate], [correct, correct - 4]);
    assert.deepEqual([top1.onlyBaselineRight, top1.onlyCandidateRight, top1.noise], [4, 0, 0]);
    assert.deepEqual([churn, flips.length], [{ lost: 4, gained: 0, changed: 0 }, 4]);
    assert.ok(
      flips.every(({ label, from, to }) => label === 9 && from.class === 9 && to.class !== 9),
    );
    assert.deepEqual([scan.changes.length, scan.changes[0].label], [1, 9]);
    assert.deepEqual(
      record.changed.map(({ what, models }) => [what, models.map(({ id }) => id)]),
      [['artifact', ['tiny', 'again']]],
    );
  });

  test('are written to a folder in every format, with pictures of what flipped', async () => {
    const run: RunRecord = JSON.parse(read('weights/report.json').toString());
    const { code, stdout, stderr } = await place.topfive(
      ...[
        'compare',
        'base',
        run.runId,
        '--out',
        'result',
        '--thumbnails',
        '2',
        '--format',
        'junit',
      ],
    );
    assert.equal(code, 1, stderr);
    assert.match(
      stderr,
      /^regression: tiny top-1, tiny top-5, again top-1, .* lost .*\nwritten to result\n$/,
    );
    assert.equal(read('result/junit.xml').toString(), stdout);
    assert.match(stdout, /tests="8" failures="4" errors="0"/);
    const pictures = read('result/compare.html')
      .toString()
      .match(/src="data:image\/jpeg;base64,/g);
    // Two images, each a flip of both models.
    assert.equal(pictures?.length, 4);
    assert.match(read('result/compare.md').toString(), /^## topfive: regression\n/);
    const stored: ComparisonRecord = JSON.parse(read('result/compare.json').toString());
    assert.equal(stored.verdict, 'regression');
  });

  test('annotate a step of GitHub Actions and write its summary', async () => {
    const env = { GITHUB_ACTIONS: 'true', GITHUB_STEP_SUMMARY: at('summary.md') };
    const step = makePlace(env);
    const { code, stderr } = await step.topfive('compare', at('base'), at('weights'));
    step.remove();
    assert.equal(code, 1);
    assert.match(stderr, /^::error title=topfive regression::tiny top-1: 4 fewer images are right/);
    assert.match(read('summary.md').toString(), /^## topfive: regression\n/);
    const passed = await place.topfive('compare', 'base', 'base', '--github');
    assert.equal(passed.stderr, '');
  });

  test('have no pictures without the dataset, and the verdict stands', async () => {
    const { code, stdout, stderr } = await place.topfive(
      ...['compare', 'base', 'weights', '--thumbnails', '2', '--format', 'html'],
    );
    assert.equal(code, 1);
    assert.match(stderr, /^warning: no thumbnails: weights is a copy without its manifest/);
    assert.doesNotMatch(stdout, /<img/);
  });

  test('pass within a margin, and are no regression the other way round', async () => {
    const wide = await compared('base', 'weights', '--margin', '10%');
    assert.deepEqual([wide.code, wide.record.verdict], [0, 'pass']);
    const back = await compared('weights', 'base');
    assert.deepEqual([back.code, modelOf(back.record, 'tiny').churn.gained], [0, 4]);
  });

  test('are inconclusive for unseen images, of which four flips say little', async () => {
    const { code, record } = await compared('base', 'weights', '--estimand', 'population');
    assert.deepEqual([code, record.verdict], [4, 'inconclusive']);
    assert.equal(modelOf(record, 'tiny').metrics.top1.pValue, 1 / 16);
  });
});

test('a changed recipe is refused by the name of its field, and compared when allowed', async () => {
  const spec = read('spec.yaml').toString().replaceAll('kernel: bilinear', 'kernel: bicubic');
  await night('recipe', { files: { 'spec.yaml': spec } });
  const refused = await compared('base', 'recipe');
  assert.deepEqual([refused.code, refused.record.verdict], [3, 'invalid']);
  assert.match(
    refused.record.reasons.join(),
    /^The recipes differ \(kernel bilinear and bicubic\)/,
  );
  assert.deepEqual(changedOf(refused.record), ['recipe.kernel']);
  const allowed = await compared('base', 'recipe', '--allow', 'recipe');
  assert.deepEqual([allowed.code, allowed.record.verdict], [0, 'pass']);
  assert.deepEqual(allowed.record.allowed, ['recipe']);
});

test('a changed batch size passes, and is named', async () => {
  await night('batch', { flags: ['--batch-size', '7'] });
  const { code, record } = await compared('base', 'batch');
  assert.deepEqual([code, record.verdict], [0, 'pass']);
  const [batch, ...rest] = record.changed;
  assert.deepEqual([batch.what, batch.baseline, batch.candidate, rest], ['batch', '4', '7', []]);
});

test('a corrupt image is refused by its key, and counts as wrong when allowed', async () => {
  const file = 'val/image-039.png';
  const corrupt = read(file);
  corrupt.fill(0, 60);
  await night('corrupt', { files: { [file]: corrupt } });
  const { code, record } = await compared('base', 'corrupt');
  assert.deepEqual([code, record.verdict, changedOf(record)], [3, 'invalid', []]);
  assert.match(
    record.reasons.join(),
    /^Coverage differs for 1 image: image-039\.png is scored in the baseline, but undecodable in/,
  );
  const allowed = await compared('base', 'corrupt', '--allow', 'coverage');
  assert.deepEqual([allowed.code, modelOf(allowed.record, 'tiny').metrics.top1.lostImages], [1, 1]);
});

test('an image of another size is another image: refused by its key', async () => {
  const file = 'val/image-039.png';
  await night('shorter', { files: { [file]: read(file).subarray(0, 60) } });
  const runOf = (name: string): string => JSON.parse(read(`${name}/report.json`).toString()).runId;
  const { code, record } = await compared(runOf('base'), runOf('shorter'));
  assert.equal(code, 3);
  assert.match(
    record.reasons.join(),
    /^1 of the images are other files: image-039\.png has \d+ bytes/,
  );
  assert.deepEqual(changedOf(record), ['dataset']);
  const copies = await compared('base', 'shorter');
  assert.match(
    copies.record.reasons.join(),
    /^The dataset digests differ though keys and labels are/,
  );
});

test('a permuted label file is refused, and told from a model that got worse', async () => {
  const rows = read('val_list.txt').toString().trimEnd().split('\n');
  const labels = rows.map((row) => row.split(' ')[1]);
  const place = (image: number) => (image * 17 + 5) % images;
  const permuted = rows.map((row, image) => `${row.split(' ')[0]} ${labels[place(image)]}`);
  await night('labels', { files: { 'val_list.txt': `${permuted.join('\n')}\n` } });
  const { code, record } = await compared('base', 'labels');
  assert.deepEqual(
    [code, record.verdict, changedOf(record)],
    [3, 'invalid', ['labelsDigest', 'dataset']],
  );
  assert.match(record.reasons.join(), /Labels differ for \d+ images: image-000\.png has label 1/);
  assert.match(record.reasons.join(), /The answers are the same for 100\.0% of the images\.$/);
});

test('a report near chance says which hypothesis explains the score', async () => {
  const only = Array.from({ length: classes }, (_, one) => one).filter((one) => one !== 2);
  await night('trouble', {
    files: {
      'tiny.onnx': tinyModel({ side: 20, classes, background: true }),
      'half.onnx': tinyModel({ side: 20, classes, silent: only }),
    },
  });
  const { models }: RunRecord = JSON.parse(read('trouble/report.json').toString());
  const found = new Map(models.map(({ id, labelTrouble }) => [id, labelTrouble]));
  const { hypothesis, score, explained } = found.get('tiny') ?? {};
  assert.deepEqual([hypothesis, explained], ['off-by-one', correct / images]);
  assert.ok(score !== undefined && score <= 0.2);
  assert.equal(found.get('half')?.hypothesis, 'constant-output');
  assert.equal(found.get('int8'), null);
  const note = /tiny: Top-1 is [\d.]+%, .*, but would be 82\.50% if every label were one higher\./;
  assert.match(read('trouble/report.md').toString(), note);
  const { record } = await compared('base', 'trouble');
  assert.equal(record.verdict, 'regression');
  assert.match(
    record.notes.join('\n'),
    /In the candidate, half: .* answers are class 2, whatever the/,
  );
});

test('models of one run with fp16 and INT8 arithmetic pass against the original', async () => {
  const { code, record } = await compared('base', '--pair', 'tiny=half', '--pair', 'tiny=int8');
  assert.deepEqual([code, record.verdict], [0, 'pass']);
  for (const id of ['half', 'int8']) {
    const { agreement, against } = modelOf(record, id);
    assert.deepEqual([agreement.images, agreement.identical, against?.id], [images, false, 'tiny']);
  }
});

test('predictions of another tool are a baseline, and say which model when there are several', async () => {
  const { stdout } = await place.topfive('predictions', 'weights', '--model', 'tiny');
  const [, ...rows] = stdout.trimEnd().split('\n');
  const short = rows.map((row) => row.split(',')).map(([key, label, , c1]) => [key, label, c1]);
  writeFileSync(at('tool.csv'), `key,label,c1\n${short.map((row) => row.join(',')).join('\n')}\n`);
  const { code, record } = await compared('tool.csv', 'base', '--model', 'tiny');
  assert.deepEqual([code, record.verdict, record.baseline.kind], [0, 'pass', 'predictions']);
  const { metrics, churn, against } = modelOf(record, 'tiny');
  assert.deepEqual(
    [metrics.top1.lostImages, metrics.top5, churn.gained, against],
    [-4, null, 4, null],
  );
  const unsaid = await place.topfive('compare', 'tool.csv', 'base');
  assert.equal(unsaid.code, 2);
  assert.match(
    unsaid.stderr,
    /^error: tool\.csv has the answers of one model, but run base has 4: /,
  );
});
