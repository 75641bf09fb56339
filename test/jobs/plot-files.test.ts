import assert from 'node:assert/strict';
import { test } from 'node:test';
import sharp from 'sharp';
import { makePlots } from '../../src/jobs/plot-files.ts';
import { seriesRecord, smallRecord } from '../report/record-fixture.ts';

test('a PNG a plot, large enough for print, on light paper, with something drawn', async () => {
  const files = await makePlots(seriesRecord());
  assert.deepEqual(
    files.map(({ fileName }) => fileName),
    ['top1-flops.png', 'top1-params.png', 'top1-fp32-time.png', 'top1-fp16-time.png'],
  );
  for (const { content } of files) {
    const { format, width, height } = await sharp(content).metadata();
    assert.deepEqual([format, width, height], ['png', 3180, 1440]);
    const { channels } = await sharp(content).stats();
    assert.deepEqual(
      channels.slice(0, 3).map(({ max }) => max),
      [253, 253, 251],
    );
    assert.ok(channels[0].min < 64);
  }
});

test('a run with nothing to plot has no file', async () => {
  assert.deepEqual(await makePlots(smallRecord()), []);
});
