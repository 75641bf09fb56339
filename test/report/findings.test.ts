import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  defectsOf,
  failureRows,
  ledgerSentence,
  ledgers,
  modelLabels,
  modelList,
  notesOf,
} from '../../src/report/findings.ts';
import { summaryTable } from '../../src/report/text-table.ts';
import type { LabelFinding } from '../../src/scoring/run-record.ts';
import { invalidRecord, makeRecord, seriesRecord, smallRecord } from './record-fixture.ts';

test('models whose images ended in the same states share one ledger', () => {
  const record = invalidRecord();
  assert.deepEqual(
    ledgers(record).map(({ models }) => models),
    [['tiny-a'], ['tiny-b']],
  );
  assert.equal(ledgers(seriesRecord()).length, 1);
});

test('a ledger adds up in words', () => {
  const [broken] = ledgers(invalidRecord());
  assert.equal(
    ledgerSentence(broken.tally),
    '200 images expected = 188 scored + 1 undecodable + 2 missing + 9 without an answer of the model. Failed images count as wrong.',
  );
});

test('a failure common to several models is one row, and rows beyond the limit are counted', () => {
  const all = failureRows(seriesRecord(), 10);
  assert.deepEqual([all.rows.length, all.total, all.left], [3, 42, 0]);
  assert.equal(all.rows[0].models.length, 14);
  const some = failureRows(seriesRecord(), 2);
  assert.deepEqual([some.rows.length, some.total, some.left], [2, 42, 14]);
});

test('only the model with lost images is defective in an invalid run', () => {
  const record = invalidRecord();
  const [a, b] = record.models;
  assert.deepEqual(defectsOf(a, record), [
    'tiny-a: 2 images of the manifest are missing, 9 have no answer',
  ]);
  assert.deepEqual(defectsOf(b, record), []);
});

test('a run that is invalid for another reason is invalid for every model', () => {
  const record = smallRecord({
    change: { status: 'invalid', reasons: ['Shard 3 was computed twice.'] },
  });
  for (const model of record.models) {
    assert.deepEqual(defectsOf(model, record), ['Shard 3 was computed twice.']);
  }
});

test('no model of a complete run is defective, undecodable images or not', () => {
  const record = seriesRecord();
  assert.ok(record.models.every((model) => defectsOf(model, record).length === 0));
});

test('labels carry the precision where the run has more than one', () => {
  const record = makeRecord({
    classes: 2,
    imagesPerClass: 2,
    models: [
      { id: 'a', top1: 0.5, top5: 1 },
      { id: 'a', precision: 'fp16', top1: 0.5, top5: 1 },
    ],
  });
  assert.deepEqual(modelLabels(record), ['a (fp32)', 'a (fp16)']);
  assert.deepEqual(modelLabels(smallRecord()), ['tiny-a', 'tiny-b']);
});

test('a long list of models is shortened', () => {
  assert.equal(modelList(['a', 'b', 'c', 'd', 'e'], 6), 'a, b, c and 2 more');
  assert.equal(modelList(['a', 'b'], 2), 'both models');
  assert.equal(modelList(['a'], 1), 'a');
});

test('notes name mixed devices, ties, nondeterminism and a cost that is not known', () => {
  const record = smallRecord();
  assert.deepEqual(notesOf(record), []);
  const [model, other] = record.models;
  const worker = record.environment.workers[0];
  const notes = notesOf({
    ...record,
    models: [
      {
        ...model,
        tally: { ...model.tally, ties: 3 },
        nondeterminism: ['two workers computed different answers for shard 1'],
        costReason: 'what Novelty costs is not known',
      },
      other,
    ],
    environment: { ...record.environment, workers: [worker, { ...worker, device: 'H200' }] },
  });
  assert.equal(notes.length, 4);
  for (const [index, expected] of [
    /Nondeterminism, tiny-a/,
    /2 device models/,
    /tiny-a 3/,
    /^No cost of tiny-a: what Novelty costs is not known\.$/,
  ].entries()) {
    assert.match(notes[index], expected);
  }
});

test('a score near chance is explained before all other notes, with its mend', () => {
  const shares = { score: 0.001, explained: 0.76, chance: 0.0011 };
  const findings: [LabelFinding, RegExp][] = [
    [{ hypothesis: 'constant-output', class: 7, ...shares }, /76\.00% of the answers are class 7/],
    [{ hypothesis: 'off-by-one', offset: 1, ...shares }, /one higher\. .* classOffset: 1\.$/],
    [{ hypothesis: 'off-by-one', offset: -1, ...shares }, /one lower\. The labels start at 1/],
    [{ hypothesis: 'devkit-order', first: 1, ...shares }, /devkit ids from 1\. .*\(--devkit\)/],
    [{ hypothesis: 'permutation', labelOf: [[0, 1]], ...shares }, /would be 76\.00% if each class/],
    [{ hypothesis: 'shuffled-labels', confidence: 0.8, ...shares }, /80\.00% sure .* wrong images/],
    [{ hypothesis: 'near-chance', ...shares }, /no other order of the labels explains it/],
  ];
  for (const [labelTrouble, words] of findings) {
    const record = smallRecord();
    record.models[0].labelTrouble = labelTrouble;
    const [note] = notesOf(record);
    assert.ok(note.startsWith(`${record.models[0].id}: Top-1 is 0.10%`), note);
    assert.match(note, words);
    assert.ok(summaryTable(record, { plain: true }).includes(`  ${note}\n`));
  }
});

test('a model whose outputs sum to one has a note on its probabilities', () => {
  const record = smallRecord();
  const [a, b] = record.models;
  const [note] = notesOf({ ...record, models: [{ ...a, sumsToOne: true }, b] });
  assert.match(note, /^tiny-a: its outputs sum to one, as after a softmax/);
  assert.deepEqual(notesOf(record), []);
});
