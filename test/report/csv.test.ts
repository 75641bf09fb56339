import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { csvLine, renderCsv } from '../../src/report/csv.ts';
import { parseCsv } from './read-text.ts';
import { hostileRecord, invalidRecord, seriesRecord } from './record-fixture.ts';

const header =
  'model,top1,top1_err,top5,top5_err,param_count,img_size,crop_pct,interpolation,precision,top1_correct,top5_correct,expected,scored,failed,top1_low,top1_high,top5_low,top5_high,artifact_sha256,recipe_digest,dataset_digest,run_id,status';

test('any cells are read back from a line', () => {
  fc.assert(
    fc.property(fc.array(fc.string({ unit: 'binary' }), { minLength: 1 }), (cells) => {
      assert.deepEqual(parseCsv(csvLine(cells)), [cells]);
    }),
  );
});

test("one row a model under the fixed header, which starts with timm's", () => {
  const [names, ...rows] = parseCsv(renderCsv(seriesRecord()));
  assert.equal(names.join(), header);
  assert.equal(rows.length, 14);
  assert.ok(rows.every((row) => row.length === names.length));
});

test('figures are percent, parameters millions, counts as they are', () => {
  const record = seriesRecord();
  const [names, row] = parseCsv(renderCsv(record));
  const cells = Object.fromEntries(names.map((name, index) => [name, row[index]]));
  const { accuracy, recipe } = record.models[0];
  assert.equal(Number(cells.top1), (accuracy.top1.correct * 100) / 50_000);
  assert.ok(Math.abs(Number(cells.top1) + Number(cells.top1_err) - 100) < 1e-9);
  assert.equal(cells.top5_correct, String(accuracy.top5.correct));
  assert.equal(cells.param_count, '88.791336');
  assert.deepEqual(
    [cells.img_size, cells.crop_pct, cells.interpolation],
    ['224', '0.875', 'cubic'],
  );
  assert.deepEqual([cells.recipe_digest, cells.status], [recipe.digest, 'complete']);
});

test('an invalid run is marked in every row, and what is unknown is empty', () => {
  const [names, ...rows] = parseCsv(renderCsv(invalidRecord()));
  assert.ok(rows.every((row) => row[names.indexOf('status')] === 'invalid'));
  assert.ok(rows.every((row) => row[names.indexOf('param_count')] === ''));
});

test('hostile text is quoted', () => {
  const record = hostileRecord();
  const [names, row] = parseCsv(renderCsv(record));
  assert.equal(row[names.indexOf('interpolation')], record.models[0].recipe.kernel);
});
