import assert from 'node:assert/strict';
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, test } from 'node:test';
import type { RunRecord } from '../../src/scoring/run-record.ts';
import { seriesRecord, smallRecord } from '../report/record-fixture.ts';
import { makePlace } from './topfive.ts';

const place = makePlace();
const at = (name: string) => join(place.directory, name);
after(() => place.remove());

const all = seriesRecord();

function writeRun(name: string, record: RunRecord): void {
  mkdirSync(at(name));
  writeFileSync(at(`${name}/report.json`), JSON.stringify(record));
}

writeRun('resnexts', { ...all, runId: 'r', models: all.models.slice(0, 5) });
writeRun('efficientnets', { ...all, runId: 'e', models: all.models.slice(5) });
writeRun('overlapping', { ...all, runId: 'o', models: all.models.slice(4, 6) });
const small = smallRecord();
const dataset = { ...small.dataset, digest: 'e'.repeat(64) };
writeRun('elsewhere', { ...small, runId: 'x', dataset });

test('runs of different models on the same images make one page, with its plots as files', async () => {
  const { code, stdout, stderr } = await place.topfive(
    ...['report', './resnexts', './efficientnets', '--plots', 'plots', '--format', 'csv'],
  );
  assert.equal(code, 0, stderr);
  const [header, ...rows] = stdout.trimEnd().split('\n');
  assert.match(
    header,
    /^model,top1,top1_err,top5,top5_err,param_count,img_size,crop_pct,interpolation,/,
  );
  assert.deepEqual(
    rows.map((row) => row.split(',')[0]),
    all.models.map(({ id }) => id),
  );
  assert.deepEqual(readdirSync(at('plots')).sort(), [
    'top1-flops.png',
    'top1-fp16-time.png',
    'top1-fp32-time.png',
    'top1-params.png',
  ]);
  const [first] = readdirSync(at('plots'));
  assert.equal(
    readFileSync(at(`plots/${first}`))
      .subarray(1, 4)
      .toString(),
    'PNG',
  );
});

test('runs that make no page together are refused with exit code 3 and a sentence', async () => {
  const cases = [
    [['./resnexts', './elsewhere'], /x and r are about other images: .* digests/],
    [['./resnexts', './overlapping'], /Fix_ResNeXt101_32x48d_wsl in fp32 is in r and in o/],
    [['./resnexts', './resnexts'], /in r and in r: .* \(and 4 more\)/],
  ] as const;
  for (const [runs, sentence] of cases) {
    const { code, stdout, stderr } = await place.topfive('report', ...runs);
    assert.equal(code, 3);
    assert.equal(stdout, '');
    assert.match(stderr, sentence);
  }
});

test('a place for plots that cannot be written is refused before anything is rendered', async () => {
  const { code, stdout, stderr } = await place.topfive(
    ...['report', './resnexts', '--plots', '/dev/null/x'],
  );
  assert.match(stderr, /choose another --plots/);
  assert.deepEqual([code, stdout], [2, '']);
});
