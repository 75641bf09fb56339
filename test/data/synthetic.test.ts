import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import fc from 'fast-check';
import { cropsOf } from '../../src/data/crop.ts';
import { decode } from '../../src/data/decode.ts';
import { createRandom, permutation } from '../../src/data/random.ts';
import { writeSyntheticDataset } from '../../src/data/synthetic.ts';
import { syntheticClasses } from '../../src/data/synthetic-classes.ts';
import { pictureAt } from '../../src/data/synthetic-pictures.ts';
import { renderCanvas } from '../../src/data/synthetic-render.ts';
import { Undecodable } from '../../src/data/undecodable.ts';
import { TopfiveError } from '../../src/errors.ts';

const images = 70;
let folder: string;
let set: Awaited<ReturnType<typeof writeSyntheticDataset>>;
before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'topfive-synthetic-'));
  set = await writeSyntheticDataset({
    directory: join(folder, 'a'),
    images,
    seed: 3,
    split: 'val',
  });
});
after(() => rm(folder, { recursive: true }));

const nameOf = (index: number) => `ILSVRC2012_val_${String(index + 1).padStart(8, '0')}.JPEG`;

async function digestOfSet(directory: string): Promise<string> {
  const hash = createHash('sha256');
  for (const name of (await readdir(join(directory, 'val'))).sort()) {
    hash.update(name).update(await readFile(join(directory, 'val', name)));
  }
  return hash.update(await readFile(join(directory, 'val_list.txt'))).digest('hex');
}

test('the same seed gives the same files, another seed others', async () => {
  const digests = [await digestOfSet(join(folder, 'a'))];
  for (const [name, seed] of [
    ['b', 3],
    ['c', 4],
  ] as const) {
    const directory = join(folder, name);
    await writeSyntheticDataset({ directory, images, seed, split: 'val' });
    digests.push(await digestOfSet(directory));
  }
  assert.equal(digests[0], digests[1]);
  assert.notEqual(digests[0], digests[2]);
});

test('the list has one line a file, in order, and the classes have distinct names', async () => {
  const lines = (await readFile(set.labels, 'utf8')).trimEnd().split('\n');
  assert.equal(lines.length, images);
  for (const [index, line] of lines.entries()) {
    const { label } = pictureAt(index, { seed: 3, split: 2 });
    assert.equal(line, `${nameOf(index)} ${label}`);
  }
  assert.deepEqual(
    (await readdir(set.uri)).sort(),
    lines.map((line) => line.split(' ')[0]),
  );
  const names = (await readFile(set.classNames, 'utf8')).trimEnd().split('\n');
  assert.equal(new Set(names).size, 1000);
  assert.equal(names[0], 'crimson-stripes-fine');
});

test('every file decodes at its size, but the one that is cut short', async () => {
  const failed: number[] = [];
  for (let index = 0; index < images; index += 1) {
    const picture = pictureAt(index, { seed: 3, split: 2 });
    try {
      const { width, height } = await decode(await readFile(join(set.uri, nameOf(index))));
      assert.deepEqual([width, height], [picture.width, picture.height]);
    } catch (error) {
      assert.ok(error instanceof Undecodable);
      failed.push(index);
    }
  }
  assert.deepEqual(failed, [61]);
});

test('the odd files are what they are meant to be', async () => {
  const png = await readFile(join(set.uri, nameOf(23)));
  assert.deepEqual([...png.subarray(1, 4)], [...Buffer.from('PNG')]);
  const rotated = await decode(await readFile(join(set.uri, nameOf(42))));
  assert.equal(rotated.orientation, 6);
  const rule = { resizeShort: 64, crop: 64 } as const;
  const [upright, stored] = await cropsOf(await readFile(join(set.uri, nameOf(42))), [
    { decoder: 'opencv', kernel: 'linear', ...rule },
    { decoder: 'pillow', kernel: 'bilinear', ...rule },
  ]);
  assert.notDeepEqual(upright, stored);
});

test('sizes and encodings are spread as in ImageNet', () => {
  const pictures = Array.from({ length: 5000 }, (_, index) =>
    pictureAt(index, { seed: 1, split: 2 }),
  );
  const mean = (value: (picture: (typeof pictures)[number]) => number) =>
    pictures.reduce((sum, picture) => sum + value(picture), 0) / pictures.length;
  assert.ok(Math.abs(mean(({ width }) => width) - 500) < 30);
  assert.ok(Math.abs(mean(({ height }) => height) - 400) < 30);
  assert.ok(
    Math.abs(mean(({ chromaSubsampling }) => +(chromaSubsampling === '4:4:4')) - 0.1) < 0.02,
  );
  assert.ok(Math.abs(mean(({ progressive }) => +progressive) - 0.03) < 0.01);
  assert.ok(Math.abs(mean(({ grey }) => +grey) - 0.02) < 0.01);
  assert.ok(pictures.every(({ quality }) => quality >= 75 && quality <= 96));
  assert.equal(pictures.filter(({ kind }) => kind === 'truncated').length, 1);
});

test('each thousand images hold each class once', () => {
  for (const start of [0, 1000]) {
    const labels = Array.from(
      { length: 1000 },
      (_, index) => pictureAt(start + index, { seed: 9, split: 2 }).label,
    );
    assert.equal(new Set(labels).size, 1000);
  }
});

test('random numbers depend on every number of their name and are level', () => {
  const name = fc.array(fc.nat(), { minLength: 1, maxLength: 4 });
  fc.assert(
    fc.property(name, fc.nat(), (words, place) => {
      const first = createRandom(...words);
      const again = createRandom(...words);
      const other = createRandom(
        ...words.map((word, index) => (index === place % words.length ? word + 1 : word)),
      );
      const draw = (random: typeof first) => Array.from({ length: 8 }, random.next);
      const numbers = draw(first);
      assert.deepEqual(numbers, draw(again));
      assert.notDeepEqual(numbers, draw(other));
      assert.ok(numbers.every((value) => value >= 0 && value < 1));
    }),
  );
  const random = createRandom(1);
  const buckets = Array<number>(10).fill(0);
  for (let draw = 0; draw < 100_000; draw += 1) {
    buckets[random.below(10)] += 1;
  }
  // Chi-squared with 9 degrees of freedom: 27.9 is its 99.9% quantile.
  const chi = buckets.reduce((sum, count) => sum + (count - 10_000) ** 2 / 10_000, 0);
  assert.ok(chi < 27.9, `${buckets}`);
  assert.deepEqual(
    permutation(50, random).sort((a, b) => a - b),
    [...Array(50).keys()],
  );
});

test('images of a class differ, and two classes differ more', () => {
  const draw = (label: number, image: number) =>
    renderCanvas(label, { width: 48, height: 36, random: createRandom(1, image) }).rgb;
  assert.notDeepEqual(draw(5, 1), draw(5, 2));
  assert.deepEqual(draw(5, 1), draw(5, 1));
  const meanRed = (label: number) => {
    const rgb = Array.from({ length: 20 }, (_, image) => draw(label, image));
    return rgb.reduce((sum, pixels) => sum + pixels[0], 0) / rgb.length;
  };
  const named = (name: string) => syntheticClasses.findIndex((known) => known.name === name);
  assert.ok(meanRed(named('orange-dots-huge')) > meanRed(named('cobalt-dots-huge')) + 30);
});

test('a folder that cannot be written is an error of the output', async () => {
  const file = join(folder, 'file');
  await writeFile(file, '');
  await assert.rejects(
    writeSyntheticDataset({ directory: file, images: 1, seed: 1, split: 'val' }),
    (error) => error instanceof TopfiveError && error.kind === 'output',
  );
});
