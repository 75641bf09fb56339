import assert from 'node:assert/strict';
import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { specText, writeSmallSet } from './small-set.ts';
import { makePlace } from './topfive.ts';

const place = makePlace();
after(() => place.remove());

before(async () => {
  await writeSmallSet(place.directory);
  const write = (name: string, text: string) => writeFileSync(join(place.directory, name), text);
  write('field.yaml', specText('wrokers: 3\n'));
  write('syntax.yaml', 'version: 1\nmodels: [\n');
  write('no-data.yaml', specText().replace('./val,', './nowhere,'));
  write('no-model.yaml', specText().replace('tiny.onnx', 'absent.onnx'));
  write('labels.txt', 'image-000.png 3\nimage-001.png 10\n');
  write('labels.yaml', specText().replace('val_list.txt', 'labels.txt'));
  write('text.onnx', 'not a model');
  write('text.yaml', specText().replaceAll('tiny.onnx', 'text.onnx'));
});

const wrong: [string, string[], RegExp][] = [
  ['an unknown command', ['rnu'], /unknown command 'rnu' \(Did you mean run\?\)/],
  ['an unknown option', ['run', '--wokers', '2'], /unknown option '--wokers'.*--workers/],
  ['a missing argument', ['status'], /missing required argument 'run'/],
  ['a number that is none', ['run', '--workers', 'two'], /'--workers <n>'.*'two'.*whole number/],
  ['a run of nothing', ['run'], /name a spec file, or give --dataset and at least one --model/],
  ['a spec that is not there', ['run', 'absent.yaml'], /absent\.yaml.*no such file/],
  ['a misspelt field', ['run', 'field.yaml'], /field\.yaml.*unknown field "wrokers"/],
  ['a YAML syntax error', ['run', 'syntax.yaml'], /syntax\.yaml is not valid YAML or JSON/],
  ['spec and flags at once', ['run', 'spec.yaml', '--model', 'b0'], /leave out --model/],
  [
    'a recipe from nowhere',
    ['run', '--dataset', 'val', '--model', 'a=tiny.onnx', '--recipe', 'x'],
    /--recipe x is neither/,
  ],
  [
    'an unwritable output',
    ['run', 'spec.yaml', '--out', '/dev/null/x'],
    /output directory \/dev\/null\/x/,
  ],
  ['a missing dataset', ['run', 'no-data.yaml'], /nowhere.*nothing is there/],
  ['a missing model', ['run', 'no-model.yaml'], /absent\.onnx/],
  ['a file that is no model', ['run', 'text.yaml'], /text\.onnx could not be loaded/],
  ['a label out of range', ['run', 'labels.yaml'], /label 10 is out of range/],
  [
    'a queue nobody listens on',
    ['run', 'spec.yaml', '--queue', 'redis://127.0.0.1:1'],
    /127\.0\.0\.1:1 cannot be used/,
  ],
  [
    'a store that workers elsewhere cannot reach',
    ['submit', 'spec.yaml', '--launch', 'kubernetes'],
    /the store is \.topfive, which workers on kubernetes cannot reach: put it on S3/,
  ],
  [
    'workers elsewhere of a coordinator here, with a store that they cannot reach',
    ['run', 'spec.yaml', '--coordinate', '--launch', 'kubernetes'],
    /the store is \.topfive, which workers on kubernetes cannot reach: put it on S3/,
  ],
  [
    'options of a coordinator without one',
    ['run', 'spec.yaml', '--port', '0', '--launch', 'local:1'],
    /--launch, --port say how a coordinator works: add --coordinate/,
  ],
  [
    'a coordinator beside another queue',
    ['run', 'spec.yaml', '--coordinate', '--queue', 'redis://127.0.0.1:1'],
    /a coordinator carries a queue of its own/,
  ],
  [
    'a port that there is not',
    ['run', 'spec.yaml', '--coordinate', '--port', '70000'],
    /It must be a whole number from 0 to 65535/,
  ],
  [
    'a certificate without its key',
    ['run', 'spec.yaml', '--coordinate', '--tls-cert', 'spec.yaml'],
    /TLS needs both --tls-cert and --tls-key/,
  ],
  [
    'a key that is not there',
    ['run', 'spec.yaml', '--coordinate', '--tls-cert', 'spec.yaml', '--tls-key', 'absent.key'],
    /TLS files cannot be read: .*absent\.key/,
  ],
  ['a worker of an unknown run', ['worker', '--run', 'nosuch'], /there is no run "nosuch"/],
  [
    'a worker that ends in two ways',
    ['worker', '--run', 'nosuch', '--exit-when-idle', '1'],
    /'--run <run>' cannot be used with option '--exit-when-idle <seconds>'/,
  ],
  ['a run nobody knows', ['status', 'nosuch'], /there is no run "nosuch"/],
  ['predictions of no model', ['predictions', 'nosuch'], /required option '--model <id>'/],
  [
    'crops of an unknown model',
    ['dataset', 'crops', 'spec.yaml', '--model', 'b', '--out', 'c'],
    /no model "b": it has tiny, again/,
  ],
];

describe('exit code 2, one line on stderr, nothing on stdout', { concurrency: 2 }, () => {
  for (const [what, args, message] of wrong) {
    test(`for ${what}`, async () => {
      const { code, stdout, stderr } = await place.topfive(...args);
      assert.equal(code, 2, stderr);
      assert.equal(stdout, '');
      assert.match(stderr, /^error: [^\n]+\n$/);
      assert.match(stderr, message);
    });
  }
  after(() => {
    assert.ok(!existsSync(join(place.directory, '.topfive')), 'a store was made');
  });
});

test('--verbose adds the stack trace', async () => {
  const { code, stderr } = await place.topfive('run', 'absent.yaml', '--verbose');
  assert.equal(code, 2);
  assert.match(stderr, /^error: .*\n(.*\n)*\s+at /);
});

test('a setting of the environment that is wrong is named', async () => {
  const loud = makePlace({ TOPFIVE_LOG_LEVEL: 'loud' });
  const { code, stderr } = await loud.topfive('list');
  loud.remove();
  assert.equal(code, 2);
  assert.match(stderr, /^error: TOPFIVE_LOG_LEVEL is one of debug, .* but it is "loud"\n$/);
});

test('without a command the help is on stderr', async () => {
  const { code, stdout, stderr } = await place.topfive();
  assert.equal(code, 2);
  assert.equal(stdout, '');
  assert.match(stderr, /Usage: topfive/);
});

test('--help of a command is on stdout, with the global options', async () => {
  const { code, stdout, stderr } = await place.topfive('run', '--help');
  assert.equal(code, 0);
  assert.equal(stderr, '');
  assert.match(stdout, /Usage: topfive run/);
  assert.match(stdout, /Global Options:(.|\n)*--store/);
});
