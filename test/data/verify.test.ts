import assert from 'node:assert/strict';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { indexDataset } from '../../src/data/index-dataset.ts';
import { type Finding, verifyDataset } from '../../src/data/verify.ts';
import { TopfiveError } from '../../src/errors.ts';
import { inFolder } from './dataset-folder.ts';

const files = {
  'a/1.jpg': 'good',
  'a/2.jpg': 'bad',
  'a/3.jpg': 'same',
  'b/4.jpg': 'same',
  'b/5.jpg': 'gone',
  'b/6.jpg': 'bad',
};

/** The decoder's part: bytes in, or a rejection with the reason. */
const decode = async (bytes: Buffer) => {
  if (bytes.toString() === 'bad') throw new Error('no JPEG');
};

test('missing, undecodable and doubled images are found, in manifest order', () =>
  inFolder(files, async (folder) => {
    const { manifest } = await indexDataset({ uri: folder, layout: 'folder' });
    await rm(join(folder, 'b/5.jpg'));
    for (const limit of [1, 3, 20]) {
      const findings: Finding[] = [];
      const progress: number[] = [];
      const onProgress = (done: number) => progress.push(done);
      for await (const one of verifyDataset(manifest, { decode, limit, onProgress }))
        findings.push(one);
      assert.deepEqual(
        findings.map((finding) => ({ ...finding, ...('reason' in finding && { reason: '' }) })),
        [
          { kind: 'undecodable', key: 'a/2.jpg', reason: '' },
          { kind: 'duplicate', key: 'b/4.jpg', label: 1, of: { key: 'a/3.jpg', label: 0 } },
          { kind: 'missing', key: 'b/5.jpg', reason: '' },
          { kind: 'undecodable', key: 'b/6.jpg', reason: '' },
          { kind: 'duplicate', key: 'b/6.jpg', label: 1, of: { key: 'a/2.jpg', label: 0 } },
        ],
      );
      assert.ok(findings.some((finding) => 'reason' in finding && finding.reason === 'no JPEG'));
      assert.deepEqual(progress, [1, 2, 3, 4, 5, 6]);
    }
  }));

test('as many images are decoded at a time as allowed, and no more', () =>
  inFolder(files, async (folder) => {
    const { manifest } = await indexDataset({ uri: folder, layout: 'folder' });
    let most = 0;
    let waiting: (() => void)[] = [];
    /** Returns when two are under way. */
    const inPairs = async () => {
      const both = new Promise<void>((resolve) => waiting.push(resolve));
      most = Math.max(most, waiting.length);
      if (waiting.length === 2) {
        for (const release of waiting) release();
        waiting = [];
      }
      await both;
    };
    for await (const _ of verifyDataset(manifest, { decode: inPairs, limit: 2 }));
    assert.equal(most, 2);
  }));

test('an error of the check itself ends the check', () =>
  inFolder(files, async (folder) => {
    const { manifest } = await indexDataset({ uri: folder, layout: 'folder' });
    const failing = async () => {
      throw new TopfiveError('storage', 'The root is away.');
    };
    const check = async () => {
      for await (const _ of verifyDataset(manifest, { decode: failing }));
    };
    await assert.rejects(check(), { message: 'The root is away.' });
  }));
