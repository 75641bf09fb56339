import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { claimEpoch, publishEndpoint, readEndpoint } from '../../src/jobs/endpoint.ts';
import { openFs } from '../../src/storage/fs.ts';

const folder = mkdtempSync(join(tmpdir(), 'topfive-endpoint-'));
after(() => rmSync(folder, { recursive: true }));
const storage = openFs(folder);
const claim = (runId: string) => claimEpoch(storage, { runId, host: 'here' });

test('coordinators that start at once get numbers of their own, the next one a higher number', async () => {
  const epochs = await Promise.all(Array.from({ length: 10 }, () => claim('many')));
  assert.deepEqual(
    epochs.sort((a, b) => a - b),
    [1, 2, 3, 4, 5, 6, 7, 8, 9, 10],
  );
  assert.equal(await claim('many'), 11);
  assert.equal(await claim('other'), 1);
});

test('a coordinator does not publish over a newer one, but over an older one and itself', async () => {
  const runId = 'fenced';
  assert.equal(await readEndpoint(storage, runId), undefined);
  const publish = (epoch: number, queue: string | null) =>
    publishEndpoint(storage, { runId, epoch, queue, host: 'here' });
  assert.equal(await publish(1, 'redis://one'), true);
  assert.equal(await publish(2, 'redis://two'), true);
  assert.equal(await publish(1, 'redis://one'), false);
  assert.equal((await readEndpoint(storage, runId))?.queue, 'redis://two');
  assert.equal(await publish(2, null), true);
  assert.equal((await readEndpoint(storage, runId))?.queue, null);
});
