import assert from 'node:assert/strict';
import { copyFileSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { sha256 } from '../../src/storage/digest.ts';
import { classes, images, specText, writeSmallSet } from './small-set.ts';
import { makePlace } from './topfive.ts';

const place = makePlace();
const at = (...path: string[]) => join(place.directory, ...path);
const labels = ['--labels', 'val_list.txt'];
after(() => place.remove());

before(async () => {
  await writeSmallSet(place.directory);
  writeFileSync(at('no-onnx.yaml'), specText().replaceAll('./tiny.onnx', './absent.onnx'));
  const list = readFileSync(at('val_list.txt'), 'utf8');
  writeFileSync(at('wrong_list.txt'), `${list}absent.png 1\nbroken.png 2\ncopy.png 3\n`);
  writeFileSync(at('val/broken.png'), readFileSync(at('val/image-000.png')).subarray(0, 60));
  copyFileSync(at('val/image-004.png'), at('val/copy.png'));
});

describe('dataset', { concurrency: 2 }, () => {
  test('index says what a run would be about', async () => {
    const { code, stdout } = await place.topfive(
      ...['dataset', 'index', 'val', ...labels, '--out', 'manifest.json', '--json'],
    );
    assert.equal(code, 0);
    const { warnings, ...found } = JSON.parse(stdout);
    const manifest = JSON.parse(readFileSync(at('manifest.json'), 'utf8'));
    assert.deepEqual(found, {
      uri: `file://${at('val')}`,
      layout: 'list',
      images,
      classes,
      digest: manifest.digest,
    });
    assert.equal(manifest.entries.length, images);
    assert.ok(Array.isArray(warnings));
  });

  test('verify finds what is missing, broken, and labelled twice', async () => {
    const { code, stdout } = await place.topfive(
      ...['dataset', 'verify', 'val', '--labels', 'wrong_list.txt', '--json'],
    );
    assert.equal(code, 3);
    const { images: checked, findings } = JSON.parse(stdout);
    assert.equal(checked, images + 3);
    const found = new Map<string, string>(
      findings.map(({ key, kind }: { key: string; kind: string }) => [key, kind]),
    );
    assert.equal(found.get('absent.png'), 'missing');
    assert.equal(found.get('broken.png'), 'undecodable');
    assert.equal(found.get('copy.png'), 'duplicate');
  });

  test('crops are the pixels of the recipe, and need no ONNX file', async () => {
    const { code, stdout, stderr } = await place.topfive(
      ...['dataset', 'crops', 'no-onnx.yaml', '--model', 'tiny', '--out', 'crops', '--json'],
    );
    assert.equal(code, 0, stderr);
    assert.deepEqual(JSON.parse(stdout), { written: images, failed: 0 });
    const rows: Record<string, string | number>[] = JSON.parse(
      readFileSync(at('crops/index.json'), 'utf8'),
    );
    assert.equal(rows.length, images);
    for (const { key, file, width, height, sha256: digest } of rows) {
      const pixels = readFileSync(at('crops', String(file)));
      assert.equal(file, `${String(key).replace('.png', '')}.rgb`);
      assert.deepEqual([width, height, pixels.length], [20, 20, 20 * 20 * 3]);
      assert.equal(sha256(pixels), digest);
      assert.ok(
        pixels.every((value, place) => value === pixels[place % 3]),
        'a plain colour',
      );
    }
  });

  test('synth makes the same set from the same seed', async () => {
    const make = (out: string) =>
      place.topfive('dataset', 'synth', '--out', out, '--images', '3', '--seed', '7', '--json');
    const [one, two] = await Promise.all([make('one'), make('two')]);
    assert.equal(one.code, 0, one.stderr);
    const { uri, images: made, seed } = JSON.parse(two.stdout);
    assert.deepEqual([uri, made, seed], ['two/val', 3, 7]);
    for (const file of ['val_list.txt', 'val/ILSVRC2012_val_00000003.JPEG']) {
      assert.deepEqual(readFileSync(at('one', file)), readFileSync(at('two', file)));
    }
  });
});
