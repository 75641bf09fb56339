import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { test } from 'node:test';
import { deflateSync } from 'node:zlib';
import fc from 'fast-check';
import { readMatFile } from '../../../src/data/layouts/mat-file.ts';

const fixture = (name: string) =>
  readFile(new URL(`../../fixtures/datasets/${name}`, import.meta.url));

test('the arrays that scipy wrote are read with their values', async () => {
  const variables = readMatFile(await fixture('kinds.mat'));
  assert.deepEqual(variables.get('int64'), {
    kind: 'numbers',
    dims: [1, 2],
    values: [-5, 2 ** 40],
  });
  assert.deepEqual(variables.get('uint8'), {
    kind: 'numbers',
    dims: [2, 2],
    values: [1, 2, 255, 3],
  });
  assert.deepEqual(variables.get('single'), { kind: 'numbers', dims: [1, 1], values: [0.5] });
  assert.deepEqual(variables.get('empty'), { kind: 'numbers', dims: [0, 0], values: [] });
  assert.deepEqual(variables.get('cells'), {
    kind: 'cells',
    dims: [1, 2],
    values: [
      { kind: 'text', dims: [1, 1], text: 'a' },
      { kind: 'numbers', dims: [1, 3], values: [0, 1, 2] },
    ],
  });
  const text = { kind: 'text', dims: [1, 4], text: 'deep' };
  const inner = { kind: 'structs', dims: [1, 1], values: [{ text }] };
  assert.deepEqual(variables.get('nested'), { kind: 'structs', dims: [1, 1], values: [{ inner }] });
});

test('a compressed file reads as the plain one', async () => {
  const plain = readMatFile(await fixture('meta-plain.mat'));
  assert.equal(plain.get('synsets')?.kind, 'structs');
  assert.deepEqual(readMatFile(await fixture('meta-compressed.mat')), plain);
});

test('text of 16-bit code units is read, as MATLAB itself writes it', () => {
  const element = (type: number, data: Buffer) => {
    const tag = Buffer.alloc(8);
    tag.writeUInt32LE(type, 0);
    tag.writeUInt32LE(data.length, 4);
    return Buffer.concat([tag, data, Buffer.alloc(-data.length & 7)]);
  };
  const words = (...values: number[]) => Buffer.from(new Uint32Array(values).buffer);
  const array = [
    element(6, words(4, 0)),
    element(5, words(1, 3)),
    element(1, Buffer.from('t')),
    element(4, Buffer.from('hé!', 'utf16le')),
  ];
  const header = Buffer.alloc(128, ' ');
  header.write('\0\x01IM', 124, 'latin1');
  const file = Buffer.concat([header, element(14, Buffer.concat(array))]);
  assert.deepEqual(readMatFile(file).get('t'), { kind: 'text', dims: [1, 3], text: 'hé!' });
});

test('files of other kinds are named as such', () => {
  assert.throws(() => readMatFile(Buffer.from('MATLAB 7.3 MAT-file')), /7\.3 \(HDF5\)/);
  assert.throws(() => readMatFile(Buffer.alloc(0)), /no little-endian level 5/);
  assert.throws(() => readMatFile(Buffer.alloc(500, 'x')), /no little-endian level 5/);
});

test('a file that would unfold to more than 64 MiB is refused', async () => {
  const header = (await fixture('meta-plain.mat')).subarray(0, 128);
  const bomb = deflateSync(Buffer.alloc(80 * 2 ** 20));
  const tag = Buffer.alloc(8);
  tag.writeUInt32LE(15, 0);
  tag.writeUInt32LE(bomb.length, 4);
  assert.throws(() => readMatFile(Buffer.concat([header, tag, bomb])), /larger than/);
});

test('damaged files are read or refused, and never more than that', async () => {
  const files = [await fixture('kinds.mat'), await fixture('meta-plain.mat')];
  const damage = fc.record({
    file: fc.constantFrom(...files),
    cut: fc.nat(6000),
    flips: fc.array(fc.record({ at: fc.nat(6000), to: fc.nat(255) }), { maxLength: 4 }),
  });
  fc.assert(
    fc.property(damage, ({ file, cut, flips }) => {
      const bytes = Buffer.from(file.subarray(0, Math.max(128, cut)));
      for (const { at, to } of flips) if (at >= 128 && at < bytes.length) bytes[at] = to;
      try {
        readMatFile(bytes);
      } catch (error) {
        assert.ok(error instanceof Error);
        assert.ok(!(error instanceof TypeError) && !(error instanceof RangeError), error.stack);
      }
    }),
    { numRuns: 500 },
  );
});
