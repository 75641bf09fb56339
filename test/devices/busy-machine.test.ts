/** Latency while other work keeps the cores busy: it has to be told from latency on a quiet machine. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { availableParallelism } from 'node:os';
import { after, before, test } from 'node:test';
import { latencyRecordSchema } from '../../src/scoring/latency-record.ts';
import { writeSmallSet } from '../cli/small-set.ts';
import { makePlace } from '../cli/topfive.ts';

const place = makePlace();
before(() => writeSmallSet(place.directory));
after(() => place.remove());

test('on a machine whose cores are all busy every figure is unstable', async () => {
  const spinning = Array.from({ length: availableParallelism() }, () =>
    spawn(process.execPath, ['-e', 'for (;;);'], { stdio: 'ignore' }),
  );
  try {
    const args = ['latency', 'spec.yaml', '--batch', '1', '--restarts', '1', '--json'];
    const time = ['--min-seconds', '1', '--max-seconds', '2'];
    const { cells } = latencyRecordSchema.parse(
      JSON.parse((await place.topfive(...args, ...time)).stdout),
    );
    for (const { measured } of cells) {
      assert.equal(measured!.stability.stable, false);
      assert.match(measured!.stability.reasons.join(), /other work kept up to [\d.]+ cores busy/);
    }
  } finally {
    for (const child of spinning) child.kill();
  }
});
