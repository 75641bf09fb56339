import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { significant } from '../../src/report/latency-rows.ts';
import { type LatencyRecord, latencyRecordSchema } from '../../src/scoring/latency-record.ts';
import { runRecordSchema } from '../../src/scoring/run-record.ts';
import { correct, specText, writeSmallSet } from '../cli/small-set.ts';
import { makePlace } from '../cli/topfive.ts';

const place = makePlace();
before(() => writeSmallSet(place.directory));
after(() => place.remove());

/** Bounded, because a machine with other work on it does not become stable. */
const quick = ['--restarts', '2', '--min-seconds', '0.05', '--max-seconds', '1'];

function recordOf(stdout: string): LatencyRecord {
  return latencyRecordSchema.parse(JSON.parse(stdout));
}

test('cells are measured in processes of their own; record, page and table agree', async () => {
  const args = ['latency', 'spec.yaml', '--batch', '1,4', '--out', 'measured', ...quick];
  const { code, stdout, stderr } = await place.topfive(...args);
  assert.equal(code, 0, stderr);
  const record = recordOf(readFileSync(join(place.directory, 'measured/latency.json'), 'utf8'));
  assert.deepEqual(
    record.cells.map(({ model, batch }) => `${model} ${batch}`),
    ['tiny 1', 'tiny 4', 'again 1', 'again 4'],
  );
  const page = readFileSync(join(place.directory, 'measured/latency.md'), 'utf8');
  for (const { model, batch, measured } of record.cells) {
    assert.equal(measured!.restarts.length, 2);
    const p50 = significant(measured!.p50);
    assert.match(page, new RegExp(`\\| ${model} \\| fp32 \\| ${batch} \\| 24, 20 \\|.*\\| ${p50}`));
    assert.match(stdout, new RegExp(`^${model} +fp32 +${batch} +24, 20 .*${p50}`, 'm'));
  }
  assert.match(stderr, /8 of 8: again fp32 batch 4: [\d.]+ ms a query$/m);
  const kept = join(place.directory, '.topfive/latency', record.id, 'latency.json');
  assert.deepEqual(recordOf(readFileSync(kept, 'utf8')), record);
});

test('flags stand over the latency block of the spec', async () => {
  const block = 'latency: { batch: [2], mode: seed, restarts: 1, threads: 2 }\n';
  writeFileSync(join(place.directory, 'block.yaml'), specText(block));
  const plain = recordOf((await place.topfive('latency', 'block.yaml', '--json')).stdout);
  assert.deepEqual([plain.mode, plain.cells[0].batch, plain.restarts], ['seed', 2, 1]);
  assert.equal(plain.environment.threads, 2);
  assert.equal(plain.cells[0].measured!.histogram.count, 500);
  const args = ['--mode', 'single-stream', '--batch', '3', ...quick, '--json'];
  const over = recordOf((await place.topfive('latency', 'block.yaml', ...args)).stdout);
  assert.deepEqual([over.mode, over.cells[0].batch, over.restarts], ['single-stream', 3, 2]);
  assert.equal(over.environment.threads, 2);
});

test('a run whose spec has a latency block measures it after the accuracy and reports both', async () => {
  const block = 'latency: { batch: [1], restarts: 2, minSeconds: 0.05, maxSeconds: 1 }\n';
  writeFileSync(join(place.directory, 'both.yaml'), specText(block));
  const { code, stderr } = await place.topfive('run', 'both.yaml', '--out', 'both');
  assert.equal(code, 0, stderr);
  const report = readFileSync(join(place.directory, 'both/report.json'), 'utf8');
  const { models, latency } = runRecordSchema.parse(JSON.parse(report));
  assert.equal(models[0].accuracy.top1.correct, correct);
  assert.ok(latency?.kind === 'latency');
  assert.deepEqual(
    latency.cells.map(({ model, measured }) => [model, measured?.restarts.length]),
    [
      ['tiny', 2],
      ['again', 2],
    ],
  );
  assert.equal(latency.cells[0].artifact.sha256, models[0].artifact.sha256);
  const page = readFileSync(join(place.directory, 'both/report.md'), 'utf8');
  assert.match(page, /^## Latency$[\s\S]*\| again \| fp32 \| 1 \| 24, 20 \|/m);
});

test('Ctrl-C keeps what is measured and ends with 130', async () => {
  const args = ['latency', 'spec.yaml', '--batch', '1', '--min-seconds', '1', '--json'];
  const { process: child, told, ended } = place.start(...args);
  await told(/^1 of 10: tiny fp32/m);
  child.kill('SIGINT');
  const { code, stdout } = await ended;
  assert.equal(code, 130);
  const { status, cells } = recordOf(stdout);
  assert.equal(status, 'cancelled');
  assert.ok(cells[0].measured);
  assert.equal(cells[1].reason, 'the measurement was cancelled before it');
});

const wrong: [string, string[], RegExp][] = [
  ['no spec', [], /missing required argument/],
  ['a spec that is not there', ['none.yaml'], /the spec none\.yaml cannot be read/],
  ['a batch of none', ['spec.yaml', '--batch', '0'], /whole number of at least 1/],
  ['a batch that is no number', ['spec.yaml', '--batch', '1,x'], /whole number of at least 1/],
  [
    'an unknown precision',
    ['spec.yaml', '--precision', 'int8'],
    /--precision <list>.*fp32, fp16 or both/,
  ],
  ['an unknown mode', ['spec.yaml', '--mode', 'server'], /Allowed choices are single-stream/],
  ['no time at all', ['spec.yaml', '--min-seconds', '0'], /number of seconds above 0/],
  ['less time than the least', ['spec.yaml', '--max-seconds', '1'], /not be below minSeconds/],
  ['too many restarts', ['spec.yaml', '--restarts', '1000'], /latency\.restarts/],
  ['an output that cannot be', ['spec.yaml', '--out', 'tiny.onnx/x'], /cannot write to the output/],
];
for (const [what, args, message] of wrong) {
  test(`${what} is refused in one sentence with exit code 2`, async () => {
    const { code, stdout, stderr } = await place.topfive('latency', ...args);
    assert.equal(code, 2);
    assert.equal(stdout, '');
    assert.match(stderr, message);
    assert.equal(stderr.trim().split('\n').length, 1, stderr);
  });
}
