import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { cropStems } from '../../src/jobs/write-crops.ts';

test('a crop is named after the file name of its image', () => {
  assert.deepEqual(cropStems(['val/ILSVRC2012_val_00000001.JPEG', 'n01440764/x.jpg']), [
    'ILSVRC2012_val_00000001',
    'x',
  ]);
});

test('images that share a file name take their path, the others keep theirs', () => {
  assert.deepEqual(cropStems(['a/1.jpg', 'b/1.jpg', 'b/2.jpg']), ['a__1', 'b__1', '2']);
});

test('images that differ only in their extension keep it', () => {
  assert.deepEqual(cropStems(['a/1.jpg', 'a/1.png']), ['a__1.jpg', 'a__1.png']);
});

test('distinct keys have distinct stems that are plain file names', () => {
  const part = fc.stringMatching(/^[ab_.]{1,3}$/);
  const key = fc.array(part, { minLength: 1, maxLength: 3 }).map((parts) => parts.join('/'));
  fc.assert(
    fc.property(fc.uniqueArray(key, { maxLength: 12 }), (keys) => {
      const stems = cropStems(keys);
      assert.equal(new Set(stems).size, keys.length);
      for (const stem of stems) assert.ok(!/[/\\]/.test(stem), stem);
    }),
  );
});
