import assert from 'node:assert/strict';
import { test } from 'node:test';
import { renderHtml } from '../../src/report/html/page.ts';
import { mergeRuns } from '../../src/scoring/merge-runs.ts';
import { type RunRecord, runRecordSchema } from '../../src/scoring/run-record.ts';
import { makeLatency } from '../report/latency-fixture.ts';
import { invalidRecord, seriesRecord } from '../report/record-fixture.ts';

const all = seriesRecord();

/** Runs of parts of the fourteen, each with an id of its own. */
function partOf(from: number, to: number, change: Partial<RunRecord> = {}): RunRecord {
  return { ...all, runId: `run-${from}`, models: all.models.slice(from, to), ...change };
}

function recordOf(records: RunRecord[]): RunRecord {
  const merged = mergeRuns(records);
  assert.ok('record' in merged, JSON.stringify(merged));
  return merged.record;
}

function reasonsOf(records: RunRecord[]): string[] {
  const merged = mergeRuns(records);
  return 'reasons' in merged ? merged.reasons : [];
}

test('one run stays as it is', () => {
  assert.equal(recordOf([all]), all);
});

test('runs of different models become one record, with what each was', () => {
  const record = recordOf([partOf(0, 5), partOf(5, 9), partOf(9, 14)]);
  assert.deepEqual(record.models, all.models);
  assert.deepEqual(record.series, all.series);
  assert.equal(record.runId, 'run-0+run-5+run-9');
  assert.deepEqual(
    record.mergedFrom?.map(({ runId }) => runId),
    ['run-0', 'run-5', 'run-9'],
  );
  assert.equal(record.timings.wallSeconds, 3 * all.timings.wallSeconds);
  assert.ok(Math.abs(record.timings.imagesPerSecond - all.timings.imagesPerSecond) < 1e-9);
  const [worker] = record.environment.workers;
  assert.equal(worker.records, 3 * all.environment.workers[0].records);
  assert.deepEqual(runRecordSchema.parse(JSON.parse(JSON.stringify(record))), record);
  assert.match(renderHtml(record), /This page is made of 3 runs of the same images: run-0 /);
});

test('other images, a model twice, and a run that is not complete are refused with a reason each', () => {
  const elsewhere = partOf(5, 9, { dataset: { ...all.dataset, digest: 'e'.repeat(64) } });
  assert.match(reasonsOf([partOf(0, 5), elsewhere])[0], /^run-5 and run-0 are about other images/);
  assert.deepEqual(reasonsOf([partOf(4, 6), partOf(5, 7)]), [
    'EfficientNetB0 in fp32 is in run-4 and in run-5: a model stands on a page once, so leave one out',
  ]);
  const invalid = { ...invalidRecord(), dataset: all.dataset, runId: 'broken' };
  assert.match(reasonsOf([partOf(0, 5), invalid])[0], /^broken is invalid/);
});

test('latency stands in one table when it was measured on one machine in one way, else with the reason', () => {
  const [cell] = makeLatency().cells;
  const measuredIn = (model: string, change = {}) =>
    makeLatency({ id: model, cells: [{ ...cell, model }], ...change });
  const here = partOf(0, 5, { latency: measuredIn('a') });
  const record = recordOf([here, partOf(5, 9, { latency: measuredIn('b') }), partOf(9, 14)]);
  assert.ok(record.latency?.kind === 'latency');
  assert.deepEqual(
    record.latency.cells.map(({ model }) => model),
    ['a', 'b'],
  );
  const { latency } = recordOf([here, partOf(5, 9, { latency: measuredIn('b', { restarts: 3 }) })]);
  assert.match(latency?.kind === 'unmeasured' ? latency.reason : '', /different machines or in/);
});
