import assert from 'node:assert/strict';
import { test } from 'node:test';
import { renderHtml } from '../../src/report/html/page.ts';
import { renderMarkdown } from '../../src/report/markdown.ts';
import { differenceOf, publishedWords } from '../../src/report/published.ts';
import type { RunRecord } from '../../src/scoring/run-record.ts';
import { metricOf } from '../../src/scoring/wilson.ts';
import { seriesRecord, smallRecord } from './record-fixture.ts';

/** The record of the series, with this many right by one of its models. */
function withCorrect(place: number, correct: number): RunRecord {
  const record = seriesRecord();
  const model = record.models[place];
  const accuracy = { ...model.accuracy, top1: metricOf(correct, 50_000) };
  return { ...record, models: record.models.with(place, { ...model, accuracy }) };
}

const agrees = (place: number, correct: number) => {
  const record = withCorrect(place, correct);
  return differenceOf(record.models[place], 'top1', record)?.agrees;
};

test('measured agrees with published within half a unit of the fourth digit and the tolerance of the card', () => {
  // 0.7738 of 50,000 are 38,690; half a unit is 2.5 images, one thousandth 50.
  assert.deepEqual(
    [38_690, 38_742, 38_743, 38_638, 38_637].map((correct) => agrees(5, correct)),
    [true, true, false, true, false],
  );
});

const parts: [string, Partial<RunRecord> | RunRecord, RegExp][] = [
  ['other images', seriesRecord({ classes: 10, imagesPerClass: 20 }), /this run has 200 images\.$/],
  [
    'a part of the images',
    {
      dataset: {
        ...seriesRecord().dataset,
        subset: { size: 50_000, seed: 7, of: { images: 100_000, digest: 'd' } },
      },
    },
    /this run has 50,000 of 100,000 images \(50\.00%, drawn by seed 7\)\.$/,
  ],
  ['an invalid run', { status: 'invalid' }, /this run is invalid\.$/],
  ['a run that stopped early', { status: 'stopped-early' }, /this run stopped early\.$/],
];

for (const [what, change, reason] of parts) {
  test(`agreement is not judged on ${what}, and the report says why`, () => {
    const record = { ...seriesRecord(), ...change };
    const found = differenceOf(record.models[5], 'top1', record);
    assert.equal(found?.agrees, null);
    assert.equal(found?.difference, record.models[5].accuracy.top1.fraction - 0.7738);
    assert.match(publishedWords(record)[0], reason);
    assert.doesNotMatch(renderMarkdown(record), /<br>(agrees|differs)/);
    assert.doesNotMatch(renderHtml(record), /<small class="(agrees|differs)">/);
  });
}

test('a model without published figures has no difference', () => {
  const record = smallRecord();
  assert.equal(differenceOf(record.models[0], 'top1', record), null);
});

test('the words below the table name the rule of the printed figures, the widest gap and the three exceptions', () => {
  const [, sources, cost] = publishedWords(seriesRecord());
  assert.match(
    sources,
    /^Published: PaddlePaddle\/models .* Reference: of the authors, as in PaddleClas /,
  );
  assert.match(cost, /counted by paddle-model-stat-2019, which divides the filters of a group/);
  assert.match(
    cost,
    /So ResNeXt101_32x48d_wsl has 828\.411 M parameters, where 456\.200 M are printed\./,
  );
  assert.match(
    cost,
    /Not by that rule: EfficientNetB6, FLOPS: [^;]+; EfficientNetB0_small, FLOPS: [^;]+; EfficientNetB0_small, parameters: [^;]+\.$/,
  );
});

test('without published figures the words say how cost was counted, and without cost nothing', () => {
  const [cost, ...others] = publishedWords(smallRecord());
  assert.match(cost, /two operations for each multiply-accumulate/);
  assert.deepEqual(others, []);
  const bare = smallRecord({ models: [{ id: 'a', top1: 0.5, top5: 0.9 }] });
  assert.deepEqual(publishedWords(bare), []);
});
