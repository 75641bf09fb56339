import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { readLabelSet } from '../../src/data/label-sets.ts';
import type { ManifestEntry } from '../../src/data/manifest.ts';

const folder = mkdtempSync(join(tmpdir(), 'topfive-labels-'));
after(() => rmSync(folder, { recursive: true }));

const entriesOf = (keys: string[]): ManifestEntry[] =>
  keys.map((key) => ({ key, label: 0, bytes: 1, at: { file: key } }));

async function classesOf(content: unknown, keys: string[]) {
  const uri = join(folder, 'set.json');
  writeFileSync(uri, JSON.stringify(content));
  return [...(await readLabelSet({ name: 'set', uri }, entriesOf(keys))).classes];
}

test("ReaL's list goes by the number in ImageNet's names, in whatever order and folders the images are", async () => {
  const keys = ['n02/ILSVRC2012_val_00000003.JPEG', 'n01/ILSVRC2012_val_00000001.JPEG'];
  assert.deepEqual(await classesOf([[7, 8], [1], [5], [6]], keys), [
    [keys[0], [5]],
    [keys[1], [7, 8]],
  ]);
});

test('an object names images by key or, where no key is known, by the last part of the path', async () => {
  const keys = ['a/1.png', 'b/2.png'];
  assert.deepEqual(await classesOf({ 'b/2.png': 4 }, keys), [['b/2.png', [4]]]);
  assert.deepEqual(await classesOf({ '2.png': [4, 5], '1.png': [] }, keys), [['b/2.png', [4, 5]]]);
});

test('file names that two images share are refused: nothing says which of them is meant', async () => {
  const keys = ['a/1.png', 'b/1.png'];
  await assert.rejects(classesOf({ '1.png': 4 }, keys), /a\/1\.png and b\/1\.png have the same/);
  assert.deepEqual(await classesOf({ 'b/1.png': 4 }, keys), [['b/1.png', [4]]]);
});
