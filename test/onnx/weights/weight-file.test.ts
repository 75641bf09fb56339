/** Every element type and every order of elements, in each format, as PyTorch and NumPy wrote them. */
import assert from 'node:assert/strict';
import { copyFile, mkdtemp, readFile, rm, stat, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { openWeightFile, type WeightFormat } from '../../../src/onnx/weights/weight-file.ts';

const fixtures = join(import.meta.dirname, '../../fixtures/checkpoints');
const folder = await mkdtemp(join(tmpdir(), 'topfive-weights-'));
after(() => rm(folder, { recursive: true }));

const expected = JSON.parse(await readFile(join(fixtures, 'kinds.json'), 'utf8')) as Record<
  string,
  { shape: number[]; values: string[] }
>;
const all = Object.keys(expected);
/** NumPy has no bfloat16, and copies views. */
const ofNumpy = all.filter((name) => !['bfloat16', 'corner', 'steps', 'cube'].includes(name));

const files: [file: string, format: WeightFormat, names: string[]][] = [
  ['kinds.safetensors', 'safetensors', all],
  ['kinds.pth', 'PyTorch', all],
  ['kinds-big-endian.pth', 'PyTorch', all],
  ['kinds-legacy.pth', 'PyTorch before 1.6', all],
  ['kinds-2.pdparams', 'Paddle', ofNumpy],
  ['kinds-4.pdparams', 'Paddle', ofNumpy],
  ['kinds-5.pdparams', 'Paddle', ofNumpy],
];

for (const [name, format, names] of files) {
  test(`${name} gives every tensor as its writer saw it, rounded to float32`, async () => {
    const file = await openWeightFile(join(fixtures, name));
    assert.equal(file.format, format);
    assert.deepEqual([...file.tensors.keys()].sort(), names.toSorted());
    for (const tensor of names) {
      const { shape, values } = expected[tensor];
      assert.deepEqual(file.tensors.get(tensor)?.shape, shape, tensor);
      const stored = [...(await file.read(tensor))];
      // Object.is tells -0 from 0.
      const numbers = values.map((value) => Number(value.replace('inf', 'Infinity')));
      assert.deepStrictEqual(stored, numbers.map(Math.fround), tensor);
    }
    await file.close();
  });
}

test('the type of each tensor is told before it is read', async () => {
  const file = await openWeightFile(join(fixtures, 'kinds.pth'));
  for (const [name, { type }] of file.tensors) {
    if (/^(b?float|int|uint|bool)/.test(name)) assert.equal(type, name);
  }
  await file.close();
});

test('what a file is shows in its bytes, not in its name', async () => {
  const path = join(folder, 'weights.pth');
  await copyFile(join(fixtures, 'kinds.safetensors'), path);
  const file = await openWeightFile(path);
  assert.equal(file.format, 'safetensors');
  await file.close();
});

test('a tensor that is not there is an error of one sentence', async () => {
  const file = await openWeightFile(join(fixtures, 'kinds.safetensors'));
  await assert.rejects(file.read('nothing'), {
    kind: 'model',
    message: /has no tensor "nothing"\.$/,
  });
  await file.close();
});

const unsuitable: [title: string, bytes: string | Buffer, message: RegExp][] = [
  ['an empty file', '', /is empty: download it again\.$/],
  [
    'a text',
    'version https://git-lfs.github.com/spec/v1\n',
    /starts with "version https:\/\/git-lfs\."\.$/,
  ],
  [
    'a page of a web server',
    '<!DOCTYPE html><html></html>',
    /is none of \.safetensors, PyTorch's \.pth and Paddle's/,
  ],
  ['a pickle in text', "cos\nsystem\n(S'true'\ntR.", /is none of/],
  ['one byte of a pickle', '\x80', /is cut short/],
  ['a pickle of a number', Buffer.from('80024b072e', 'hex'), /holds no tensors/],
  [
    'a zip archive of something else',
    'PK\x05\x06'.padStart(26, 'PK\x03\x04').padEnd(44, '\0'),
    /zip archive/,
  ],
];

for (const [title, bytes, message] of unsuitable) {
  test(`${title} is refused in one sentence`, async () => {
    const path = join(folder, 'unsuitable');
    await writeFile(path, bytes, 'latin1');
    await assert.rejects(openWeightFile(path), { name: 'TopfiveError', kind: 'model', message });
  });
}

test('a path without a file, and a folder, are refused in one sentence', async () => {
  await assert.rejects(openWeightFile(join(folder, 'none.pth')), {
    kind: 'model',
    message: /does not exist/,
  });
  await assert.rejects(openWeightFile(folder), { kind: 'model', message: /is not a file/ });
});

for (const [name] of files) {
  test(`${name} is refused wherever it is cut off`, async () => {
    const path = join(folder, 'cut');
    await copyFile(join(fixtures, name), path);
    const { size } = await stat(path);
    for (let length = size - 1; length >= 0; length -= length > size - 40 ? 1 : 13) {
      await truncate(path, length);
      await assert.rejects(openWeightFile(path), { name: 'TopfiveError', kind: 'model' });
    }
  });
}
