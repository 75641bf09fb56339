import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, test } from 'node:test';
import type { RunRecord } from '../../src/scoring/run-record.ts';
import { makePlace } from '../cli/topfive.ts';

const place = makePlace();
after(() => place.remove());
const at = (...path: string[]) => join(place.directory, 'made', ...path);

const demo = () =>
  place.topfive('demo', '--out', 'made', '--images', '40', '--workers', '2', '--json');

test('the demo makes data, evaluates it, and uses the data again', async () => {
  const first = await demo();
  assert.equal(first.code, 0, first.stderr);
  const record: RunRecord = JSON.parse(first.stdout);
  assert.equal(record.status, 'complete');
  assert.equal(record.models.length, 3);
  for (const { accuracy } of record.models) {
    assert.equal(accuracy.expected, 40);
    const { correct } = accuracy.top1;
    assert.ok(correct > 4 && correct < 36, `${correct} of 40: real, and not trivial`);
  }
  assert.equal(readFileSync(at('report/report.json'), 'utf8'), first.stdout);
  assert.ok(!existsSync(join(place.directory, '.topfive')), 'the store is in its own folder');

  const second = await demo();
  assert.equal(second.code, 0, second.stderr);
  assert.match(second.stderr, /^using 40 images/m);
  const counts = ({ models }: RunRecord) => models.map(({ tally }) => tally);
  assert.deepEqual(counts(JSON.parse(second.stdout)), counts(record));

  const again = await place.topfive('run', 'made/spec.yaml', '--workers', '1', '--json');
  assert.equal(again.code, 0, again.stderr);
  assert.deepEqual(counts(JSON.parse(again.stdout)), counts(record));
});
