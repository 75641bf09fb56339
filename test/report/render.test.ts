import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Format, formats, render, runFolderFiles } from '../../src/report/render.ts';
import { runRecordSchema } from '../../src/scoring/run-record.ts';
import { hostileRecord, invalidRecord, seriesRecord, smallRecord } from './record-fixture.ts';

test('a run folder has the five files of a report', () => {
  assert.deepEqual(
    runFolderFiles(smallRecord())
      .map(({ name }) => name)
      .sort(),
    ['junit.xml', 'report.csv', 'report.html', 'report.json', 'report.md'],
  );
});

test('each file is what its format renders, and ends with a line feed', () => {
  const record = invalidRecord();
  const rendered = new Set(
    (Object.keys(formats) as Format[]).map((format) => render(record, format)),
  );
  for (const { content } of runFolderFiles(record)) {
    assert.ok(rendered.has(content));
    assert.ok(content.endsWith('\n'));
  }
});

test('the same record gives the same bytes, drawn once or twice', () => {
  assert.deepEqual(runFolderFiles(seriesRecord()), runFolderFiles(seriesRecord()));
});

test('report.json is the record, and every format renders from it again', () => {
  for (const record of [smallRecord(), invalidRecord(), hostileRecord()]) {
    const again = runRecordSchema.parse(JSON.parse(render(record, 'json')));
    assert.deepEqual(again, record);
    assert.deepEqual(runFolderFiles(again), runFolderFiles(record));
  }
});
