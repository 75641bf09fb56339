/** PyTorch's two containers, put together by hand: 64-bit archives, shared storages, and what is refused. */
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import fc from 'fast-check';
import { TopfiveError } from '../../../src/errors.ts';
import { call, dict, global, integer, pickle, steps, text, tuple } from './pickle-bytes.ts';
import { readAll } from './scratch-file.ts';
import { zip } from './zip-bytes.ts';

const refused = (message: RegExp) => ({ name: 'TopfiveError', kind: 'model', message });

interface Parts {
  type?: string;
  elements?: number;
  offset?: number;
  shape?: number[];
  strides?: number[];
  key?: string;
}

/** A tensor of the six float32 values 0 to 5. */
function tensor({
  type = 'FloatStorage',
  elements = 6,
  offset = 0,
  shape = [2, 3],
  strides = [3, 1],
  key = '0',
}: Parts = {}) {
  const id = tuple(
    text('storage'),
    global('torch', type),
    text(key),
    text('cpu'),
    integer(elements),
  );
  const numbers = (list: number[]) => tuple(...list.map((number) => integer(number)));
  const storage = Buffer.concat([id, steps('Q')]);
  const rebuild = global('torch._utils', '_rebuild_tensor_v2');
  return call(
    rebuild,
    storage,
    integer(offset),
    numbers(shape),
    numbers(strides),
    steps('\x89'),
    dict(),
  );
}

const data = Buffer.from(Float32Array.from([0, 1, 2, 3, 4, 5]).buffer);

function checkpoint(root: Buffer, entries: Record<string, Buffer> = {}) {
  return {
    'a/data.pkl': pickle(root),
    'a/data/0': data,
    'a/version': Buffer.from('3\n'),
    ...entries,
  };
}

function legacy(root: Buffer, { keys = [text('0')], count = 6n } = {}): Buffer {
  const number = Buffer.alloc(8);
  number.writeBigInt64LE(count);
  return Buffer.concat([
    pickle(Buffer.from('8a0a6cfc9c46f9206aa85019', 'hex')),
    pickle(integer(1001)),
    pickle(dict([text('little_endian'), steps('\x88')])),
    pickle(root),
    pickle(tuple(...keys)),
    number,
    data,
  ]);
}

const weight = { shape: [2, 3], values: [0, 1, 2, 3, 4, 5] };

test('archives of both sizes are read', async () => {
  const entries = checkpoint(dict([text('w'), tensor()]));
  assert.deepEqual(await readAll(zip(entries)), { w: weight });
  assert.deepEqual(await readAll(zip(entries, { large: true })), { w: weight });
});

test('an archive that ends in a comment is read', async () => {
  const entries = checkpoint(dict([text('w'), tensor()]));
  assert.deepEqual(await readAll(zip(entries, { comment: 'PK\x05\x06 is no end' })), { w: weight });
});

test('tensors may share a storage, in both containers', async () => {
  const root = dict(
    [text('w'), tensor()],
    [text('t'), tensor({ shape: [3, 2], strides: [1, 3] })],
    [text('end'), tensor({ offset: 4, shape: [2], strides: [1] })],
  );
  const expected = {
    w: weight,
    t: { shape: [3, 2], values: [0, 3, 1, 4, 2, 5] },
    end: { shape: [2], values: [4, 5] },
  };
  assert.deepEqual(await readAll(zip(checkpoint(root))), expected);
  assert.deepEqual(await readAll(legacy(root)), expected);
});

test('the strides of dimensions of one do not matter', async () => {
  const root = dict([text('w'), tensor({ shape: [6, 1, 1], strides: [1, 77, 2 ** 30] })]);
  assert.deepEqual((await readAll(zip(checkpoint(root)))).w.values, weight.values);
});

test('a state dict is found under "model" or "state_dict", and what stands beside it is left out', async () => {
  for (const key of ['model', 'state_dict']) {
    const inner = dict([text('w'), tensor()], [text('note'), text('no tensor')]);
    const root = dict([text('epoch'), integer(3)], [text(key), inner]);
    assert.deepEqual(await readAll(zip(checkpoint(root))), { w: weight });
  }
});

const views: [title: string, parts: Parts, message: RegExp][] = [
  [
    'more elements than its storage',
    { shape: [7], strides: [1] },
    /shape \[7\], strides \[1\] and offset 0, but stores 24 bytes/,
  ],
  ['elements behind its storage', { offset: 1 }, /offset 1, but stores 24 bytes/],
  [
    'one element shown a million times',
    { shape: [1000, 1000], strides: [0, 0] },
    /stores 24 bytes/,
  ],
  ['a row shown twice', { shape: [4, 3], strides: [0, 1] }, /stores 24 bytes/],
  ['strides that go back', { offset: 5, strides: [-3, -1] }, /describes the tensor "w" wrongly/],
  ['an offset before its storage', { offset: -1 }, /describes the tensor "w" wrongly/],
  ['fewer strides than dimensions', { strides: [1] }, /describes the tensor "w" wrongly/],
  ['a negative shape', { shape: [-2, -3] }, /describes the tensor "w" wrongly/],
  [
    'a storage of another length',
    { elements: 5 },
    /stores 24 bytes for the storage "0", but 5 elements of float32 need 20/,
  ],
  ['a storage of another type', { type: 'DoubleStorage' }, /6 elements of float64 need 48/],
  [
    'a storage that is not there',
    { key: '../../etc/passwd' },
    /lacks the zip entry "a\/data\/\.\.\/\.\.\/etc\/passwd"/,
  ],
  ['complex numbers', { type: 'ComplexFloatStorage' }, /asks for "torch\.ComplexFloatStorage"/],
];

for (const [title, parts, message] of views) {
  test(`a tensor with ${title} is refused`, async () => {
    await assert.rejects(
      readAll(zip(checkpoint(dict([text('w'), tensor(parts)])))),
      refused(message),
    );
  });
}

const good = checkpoint(dict([text('w'), tensor()]));
const archives: [title: string, bytes: Buffer, message: RegExp][] = [
  ['a compressed entry', zip(good, { method: 8 }), /compressed or encrypted/],
  ['an encrypted entry', zip(good, { flags: 1 }), /compressed or encrypted/],
  [
    'an entry of 4 GB in a few bytes',
    zip(good, { lengths: { 'a/data/0': 2 ** 32 - 2 } }),
    /reaching into others/,
  ],
  [
    'an entry of 8 EB',
    zip(good, { large: true, lengths: { 'a/data/0': 2 ** 63 } }),
    /reaching into others/,
  ],
  [
    'two entries of one name',
    zip({ ...good, 'A/data/0': data }, { rename: ['A/data/0', 'a/data/0'] }),
    /two zip entries "a\/data\/0"/,
  ],
  ['no end', zip(good).subarray(0, -22), /without its end/],
  ['a directory outside of the file', zip(good, { directoryStart: 2 ** 31 }), /broken directory/],
  ['a directory in the wrong place', zip(good, { directoryStart: 3 }), /broken directory/],
  ['entries in the wrong place', zip(good, { shift: 4 }), /no zip entry where "a\/data\.pkl"/],
  [
    'another byte order',
    zip({ ...good, 'a/byteorder': Buffer.from('middle') }),
    /byte order "middle"/,
  ],
  [
    'a program of TorchScript',
    zip({ ...good, 'a/constants.pkl': Buffer.from('') }),
    /TorchScript program/,
  ],
  ['arrays of NumPy', zip({ 'w.npy': data }), /not of torch\.save/],
];

for (const [title, bytes, message] of archives) {
  test(`an archive with ${title} is refused`, async () => {
    await assert.rejects(readAll(bytes), refused(message));
  });
}

const rows: [title: string, bytes: Buffer, message: RegExp][] = [
  [
    'a storage of another length',
    legacy(dict([text('w'), tensor()]), { count: 7n }),
    /stores 28 bytes for the storage "0"/,
  ],
  [
    'a storage of a negative length',
    legacy(dict([text('w'), tensor()]), { count: -1n }),
    /stores -4 bytes/,
  ],
  [
    'a storage that no tensor uses',
    legacy(dict([text('w'), tensor()]), { keys: [text('9')] }),
    /stores "9", which no tensor uses/,
  ],
  [
    'a storage less than its tensors use',
    legacy(dict([text('w'), tensor()]), { keys: [] }),
    /stores 0 of the 1 storages/,
  ],
  ['storages without a list', legacy(steps('N'), { keys: [] }), /holds no tensors/],
];

for (const [title, bytes, message] of rows) {
  test(`a row of pickles with ${title} is refused`, async () => {
    await assert.rejects(readAll(bytes), refused(message));
  });
}

const fixtures = join(import.meta.dirname, '../../fixtures/checkpoints');

for (const name of [
  'kinds.pth',
  'kinds-legacy.pth',
  'kinds-2.pdparams',
  'kinds-4.pdparams',
  'kinds.safetensors',
]) {
  test(`${name} with bytes changed, removed or put in gives tensors or one TopfiveError`, async () => {
    const whole = await readFile(join(fixtures, name));
    const edit = fc.record({
      place: fc.nat({ max: whole.length }),
      removed: fc.nat({ max: 4 }),
      added: fc.uint8Array({ maxLength: 4 }),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(edit, { minLength: 1, maxLength: 3 }), async (edits) => {
        let bytes = whole;
        for (const { place, removed, added } of edits) {
          bytes = Buffer.concat([bytes.subarray(0, place), added, bytes.subarray(place + removed)]);
        }
        await readAll(bytes).catch((error) => {
          assert.ok(error instanceof TopfiveError && error.kind === 'model', String(error?.stack));
        });
      }),
      { numRuns: 300 },
    );
  });
}
