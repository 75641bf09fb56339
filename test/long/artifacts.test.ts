/** Building and importing with the real command, and checkpoints that are wrong. */
import assert from 'node:assert/strict';
import { readdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { readOnnx } from '../../src/onnx/read.ts';
import { sha256 } from '../../src/storage/digest.ts';
import { images, writeSmallSet } from '../cli/small-set.ts';
import { makePlace } from '../cli/topfive.ts';
import { seededTensors, writeSafetensors } from '../models/seeded-checkpoint.ts';
import { call, global, pickle, text } from '../onnx/weights/pickle-bytes.ts';
import { zip } from '../onnx/weights/zip-bytes.ts';

const place = makePlace();
after(() => place.remove());
const here = (name: string) => join(place.directory, name);

/** The smallest of the fourteen. */
const id = 'EfficientNetB0_small';
const tensors = seededTensors(id);
await writeSafetensors(here('good.safetensors'), tensors);

async function json(...args: string[]) {
  const { code, stdout, stderr } = await place.topfive(...args, '--json');
  assert.equal(code, 0, stderr);
  return JSON.parse(stdout);
}

test('models build writes the graph of a card, and says what its weights are', async () => {
  const { code, stdout, stderr } = await place.topfive('models', 'build', id, '--out', 'b.onnx');
  assert.equal(code, 0, stderr);
  assert.match(stdout, /^weights: untrained, of seed 1: /m);
  assert.match(stdout, new RegExp(`^sha256: {2}${sha256(readFileSync(here('b.onnx')))}$`, 'm'));
  const { graph } = readOnnx(readFileSync(here('b.onnx')), 'b.onnx');
  assert.deepEqual(
    [graph.inputs, graph.outputs],
    [
      [{ name: 'input', dtype: 'float32', dims: ['N', 3, 224, 224] }],
      [{ name: 'logits', dtype: 'float32', dims: ['N', 1000] }],
    ],
  );
});

test('models build with a checkpoint and models import write the same file', async () => {
  const weights = ['--weights', 'good.safetensors'];
  const built = await json('models', 'build', id, ...weights, '--out', 'c.onnx');
  const imported = await json('models', 'import', id, ...weights, '--out', 'd.onnx');
  const seeded = await json('models', 'build', id, '--out', 'e.onnx');
  assert.equal(imported.sha256, sha256(readFileSync(here('d.onnx'))));
  assert.deepEqual([built.sha256, seeded.sha256], [imported.sha256, imported.sha256]);
  assert.deepEqual(imported, {
    id,
    path: 'd.onnx',
    sha256: imported.sha256,
    bytes: readFileSync(here('d.onnx')).length,
    weights: { checkpoint: 'good.safetensors', naming: 'timm', format: 'safetensors' },
  });
});

test('--external-data puts the weights beside the file', async () => {
  await json('models', 'build', id, '--seed', '2', '--out', 'f.onnx', '--external-data');
  assert.ok(readFileSync(here('f.onnx')).length < 100_000);
  assert.ok(readFileSync(here('f.onnx.data')).length > 18_000_000);
});

/** The model by its id alone, on forty images. */
const byId = ['--dataset', 'val', '--labels', 'val_list.txt', '--model', id, '--batch-size', '4'];

test('a spec that names a card without an artifact is told the ways to one', async () => {
  await writeSmallSet(place.directory);
  const { code, stderr } = await place.topfive('run', ...byId);
  assert.equal(code, 2);
  assert.match(
    stderr,
    new RegExp(
      `^error: the artifact of ${id} is not on this machine: .*models import ${id} .*onnx: FILE`,
    ),
  );
});

test('models import without --out puts it into the cache, once', async () => {
  const first = await json('models', 'import', id, '--weights', 'good.safetensors');
  const again = await json('models', 'import', id, '--weights', 'good.safetensors');
  assert.ok(first.path.startsWith(here('.cache/topfive/entries/')));
  assert.deepEqual(again, first);
  assert.equal(sha256(readFileSync(first.path)), first.sha256);
});

test('a spec that names the card alone evaluates what was imported', async () => {
  const { models } = await json('run', ...byId);
  const [{ artifact, published, accuracy }] = models;
  assert.equal(artifact.sha256, sha256(readFileSync(here('d.onnx'))));
  assert.equal(published.top1, 0.758);
  assert.deepEqual([accuracy.expected, accuracy.scored], [images, images]);
});

test('an artifact that is no longer in the cache is said to be removed', async () => {
  rmSync(here('.cache/topfive/entries'), { recursive: true });
  const { code, stderr } = await place.topfive('run', ...byId);
  assert.equal(code, 2);
  assert.match(stderr, new RegExp(`the artifact of ${id} was removed from the cache`));
});

test('models verify holds a file, or what was imported for a card, against the card', async () => {
  const file = await place.topfive('models', 'verify', 'b.onnx', '--card', id);
  assert.equal(file.code, 0, file.stdout + file.stderr);
  assert.match(file.stdout, /^ok +parameters +4652008$/m);
  await json('models', 'import', id, '--weights', 'good.safetensors');
  assert.ok((await json('models', 'verify', id)).checks.length > 8);
  const other = await place.topfive('models', 'verify', 'b.onnx', '--card', 'EfficientNetB0');
  assert.equal(other.code, 2);
  assert.match(other.stdout, /^fail +operators +49 Conv, 1 Gemm, but the card has 81 Conv/m);
  const open = await place.topfive('models', 'verify', 'b.onnx');
  assert.equal(open.code, 2);
  assert.match(open.stderr, /^error: nothing says which card b\.onnx .*--card ID/);
});

const others = tensors.slice(1);
const [{ name: firstName, dims, data }] = tensors;
const evil = call(global('os', 'system'), text('touch owned'));

/** What is wrong, how such a checkpoint is made, and what is said. */
const bad: [what: string, make: (path: string) => unknown, message: RegExp][] = [
  ['a pickle that calls a function', (path) => writeFileSync(path, pickle(evil)), /os\.system/],
  [
    'an archive with a pickle that calls a function',
    (path) => writeFileSync(path, zip({ 'a/data.pkl': pickle(evil) })),
    /os\.system/,
  ],
  [
    'a truncated file',
    async (path) => {
      await writeSafetensors(path, tensors);
      truncateSync(path, 10_000_000);
    },
    /is cut short: .* download it again/,
  ],
  [
    'overlapping offsets',
    (path) => writeSafetensors(path, tensors, { shift: -4 }),
    /lets the tensors .* and .* overlap/,
  ],
  [
    'one tensor missing',
    (path) => writeSafetensors(path, others),
    new RegExp(`does not fit ${id} .*missing 1 \\("${firstName}" `),
  ],
  [
    'one tensor too many',
    (path) => writeSafetensors(path, [...tensors, { name: 'ema', dims, data }]),
    /not known 1 \("ema" /,
  ],
  [
    'a wrong shape',
    (path) =>
      writeSafetensors(path, [{ name: firstName, dims: dims.toReversed(), data }, ...others]),
    /of another shape or type 1 \("conv_stem\.weight" is float32 \[3, 3, 3, 32\], not \[32, 3, 3, 3\]\)/,
  ],
  [
    'a compressed archive, which could be a bomb',
    (path) => writeFileSync(path, zip({ 'a/data.pkl': pickle(evil) }, { method: 8 })),
    /compressed or encrypted/,
  ],
  [
    'an archive that tells of more than it has',
    (path) =>
      writeFileSync(
        path,
        zip({ 'a/data.pkl': pickle(evil) }, { lengths: { 'a/data.pkl': 2 ** 31 } }),
      ),
    /reaching into others/,
  ],
  ['a file of something else', (path) => writeFileSync(path, 'GIF89a'), /is none of \.safetensors/],
  ['an empty file', (path) => writeFileSync(path, ''), /is empty/],
  ['a file that is not there', () => {}, /does not exist/],
];

describe('a bad checkpoint is one error, exit code 2, and nothing is written', () => {
  before(async () => {
    await json('models', 'import', id, '--weights', 'good.safetensors');
  });
  for (const [number, [what, make, message]] of bad.entries()) {
    test(what, async () => {
      const file = `bad-${number}`;
      await make(here(file));
      const names = () => readdirSync(place.directory, { recursive: true }).sort();
      const there = names();
      for (const out of [['--out', 'bad.onnx'], []]) {
        const ended = await place.topfive('models', 'import', id, '--weights', file, ...out);
        assert.deepEqual([ended.code, ended.stdout], [2, '']);
        assert.match(ended.stderr, message);
        assert.match(ended.stderr, /^error: [^\n]+\n$/);
      }
      assert.deepEqual(names(), there);
    });
  }
});

test('a checkpoint of another model is told with the whole list of differences', async () => {
  const args = ['--weights', 'good.safetensors', '--out', 'bad.onnx'];
  const { code, stderr } = await place.topfive('models', 'import', 'EfficientNetB0', ...args);
  assert.equal(code, 2);
  const [sentence, ...list] = stderr.trimEnd().split('\n');
  assert.match(
    sentence,
    /^error: .* does not fit EfficientNetB0 by the names of timm.*missing 64 /,
  );
  assert.equal(list.length, 64);
  assert.ok(list.every((line) => /^ {2}missing: "blocks\.\d\.\d\.se\./.test(line)));
});

test('an interrupt ends the writing with nothing left behind', async () => {
  const started = place.start('models', 'build', 'ResNeXt101_32x32d_wsl', '--out', 'big.onnx');
  const drafts = () => readdirSync(place.directory).filter((name) => name.includes('big.onnx'));
  while (drafts().length === 0) await new Promise((resolve) => setTimeout(resolve, 20));
  started.process.kill('SIGINT');
  const { code, stderr } = await started.ended;
  assert.equal(code, 130);
  assert.match(stderr, /^stopping\nerror: big\.onnx was not written: it was interrupted\n$/m);
  assert.deepEqual(drafts(), []);
});

const wrong: [what: string, args: string[], message: RegExp][] = [
  ['an unknown model', ['build', 'B9', '--out', 'x.onnx'], /no card "B9".*EfficientNetB0/],
  ['no output', ['build', id], /--out <file\.onnx>/],
  [
    'a place that is not there',
    ['build', id, '--out', 'no/x.onnx'],
    /no\/x\.onnx cannot be written/,
  ],
  [
    'a seed and a checkpoint',
    ['build', id, '--out', 'x', '--seed', '1', '--weights', 'y'],
    /--weights.*--seed/,
  ],
  ['a seed that is none', ['build', id, '--out', 'x', '--seed', 'one'], /whole number/],
  ['no checkpoint', ['import', id], /--weights <file>/],
  [
    '--external-data into the cache',
    ['import', id, '--weights', 'good.safetensors', '--external-data'],
    /add --out/,
  ],
];

describe('exit code 2 and one line on stderr', () => {
  for (const [what, args, message] of wrong) {
    test(`for ${what}`, async () => {
      const names = readdirSync(place.directory);
      const { code, stdout, stderr } = await place.topfive('models', ...args);
      assert.deepEqual([code, stdout], [2, ''], stderr);
      assert.match(stderr, /^error: [^\n]+\n$/);
      assert.match(stderr, message);
      assert.deepEqual(readdirSync(place.directory), names);
    });
  }
});
