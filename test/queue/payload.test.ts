import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { TopfiveError } from '../../src/errors.ts';
import {
  checkPayload,
  parsePayload,
  parseShardJobId,
  runPayloadSchema,
  shardJobId,
  shardPayloadSchema,
} from '../../src/queue/payload.ts';

const runIds = fc.stringMatching(/^[a-zA-Z0-9._/-]{1,60}$/);
const shard = { runId: 'r-1', store: 'file:///store', shard: 0, group: 0 };

test('the id of a shard job says which shard of which run it is', () => {
  fc.assert(
    fc.property(runIds, fc.nat(), fc.nat(), (runId, index, group) => {
      const id = shardJobId(runId, { generation: 'ab12cd34', shard: index, group });
      assert.deepEqual(parseShardJobId(id), { runId, shard: index, group });
      assert.ok(!id.includes(':'));
    }),
  );
  assert.equal(parseShardJobId('something-else'), undefined);
});

test('a payload survives its way as JSON', () => {
  assert.deepEqual(parsePayload(shardPayloadSchema, JSON.parse(JSON.stringify(shard))), shard);
});

test('a payload with a wrong, missing or additional field is refused by name', () => {
  for (const [wrong, name] of [
    [{ ...shard, shard: -1 }, 'shard'],
    [{ ...shard, store: '' }, 'store'],
    [{ ...shard, runId: 'a:b' }, 'runId'],
    [{ ...shard, runId: '17' }, 'runId'],
    [{ ...shard, predictions: [] }, 'predictions'],
    ['text', 'payload'],
  ] as const) {
    assert.throws(
      () => parsePayload(shardPayloadSchema, wrong),
      (error) => error instanceof TopfiveError && !error.retryable && error.message.includes(name),
    );
  }
});

test('a payload of more than 1 KB is not added', () => {
  const long = { runId: 'r-1', store: `s3://${'x'.repeat(1024)}` };
  assert.throws(() => checkPayload(runPayloadSchema, long), /at most 1024 bytes/);
});
