/** Headers that lie about their tensors. */
import assert from 'node:assert/strict';
import { appendFile, mkdtemp, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import fc from 'fast-check';
import { TopfiveError } from '../../../src/errors.ts';
import { repeatedMember } from '../../../src/onnx/weights/json-members.ts';
import { openWeightFile } from '../../../src/onnx/weights/weight-file.ts';
import { readAll } from './scratch-file.ts';

function safetensors(
  header: unknown,
  { bytes = 16, length }: { bytes?: number; length?: bigint } = {},
) {
  const json = Buffer.from(typeof header === 'string' ? header : JSON.stringify(header));
  const prefix = Buffer.alloc(8);
  prefix.writeBigUInt64LE(length ?? BigInt(json.length));
  return Buffer.concat([prefix, json, Buffer.alloc(bytes)]);
}

const tensor = (begin: number, end: number, rest: object = {}) => ({
  dtype: 'F32',
  shape: [(end - begin) / 4],
  data_offsets: [begin, end],
  ...rest,
});

test('tensors that share out all bytes between them are read', async () => {
  const header = {
    __metadata__: { format: 'pt' },
    b: tensor(8, 16),
    a: tensor(0, 8),
    none: tensor(8, 8),
  };
  const tensors = await readAll(safetensors(header));
  assert.deepEqual(tensors, {
    a: { shape: [2], values: [0, 0] },
    b: { shape: [2], values: [0, 0] },
    none: { shape: [0], values: [] },
  });
});

test('a tensor that starts beyond 4 GB is read', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'topfive-large-'));
  const far = 5 * 2 ** 30;
  const path = join(folder, 'sparse.safetensors');
  const header = safetensors({ a: tensor(0, far), b: tensor(far, far + 8) }, { bytes: 0 });
  await writeFile(path, header);
  await truncate(path, header.length + far);
  await appendFile(path, new Uint8Array(Float32Array.from([1, 2]).buffer));
  const file = await openWeightFile(path);
  assert.deepEqual([...(await file.read('b'))], [1, 2]);
  await file.close();
  await rm(folder, { recursive: true });
});

const twice = `{"w": ${JSON.stringify(tensor(0, 16))}, "\\u0077"  : ${JSON.stringify(tensor(0, 16))}}`;

const bad: [title: string, bytes: Buffer, message: RegExp][] = [
  [
    'overlapping tensors',
    safetensors({ a: tensor(0, 12), b: tensor(8, 16) }),
    /lets the tensors "a" and "b" overlap/,
  ],
  [
    'two tensors in one place',
    safetensors({ a: tensor(0, 16), b: tensor(0, 16) }),
    /"a" and "b" overlap/,
  ],
  ['a hole', safetensors({ a: tensor(0, 4), b: tensor(8, 16) }), /4 bytes before "b"/],
  ['a hole at the start', safetensors({ a: tensor(8, 16) }), /8 bytes before "a"/],
  ['bytes left over', safetensors({ a: tensor(0, 8) }), /has 8 bytes at its end/],
  [
    'a tensor outside of the file',
    safetensors({ a: tensor(0, 2 ** 40) }),
    /cut short: its header describes 1099511627776 bytes/,
  ],
  [
    'another size than its shape',
    safetensors({ a: tensor(0, 16, { shape: [3] }) }),
    /F32 \[3\] needs 12 bytes, but its offsets are 0 to 16/,
  ],
  [
    'another size than its dtype',
    safetensors({ a: tensor(0, 16, { dtype: 'F16' }) }),
    /needs 8 bytes/,
  ],
  [
    'a size that overflows',
    safetensors({ a: tensor(0, 16, { shape: [2 ** 40, 2 ** 40] }) }),
    /its shape is/,
  ],
  ['a negative shape', safetensors({ a: tensor(0, 16, { shape: [-4] }) }), /its shape is \[-4\]/],
  [
    'a fraction in its shape',
    safetensors({ a: tensor(0, 16, { shape: [1.5] }) }),
    /its shape is \[1\.5\]/,
  ],
  [
    'offsets the wrong way round',
    safetensors({ a: tensor(0, 16, { data_offsets: [16, 0] }) }),
    /its offsets are 16 to 0/,
  ],
  [
    'three offsets',
    safetensors({ a: tensor(0, 16, { data_offsets: [0, 8, 16] }) }),
    /its offsets are \[0,8,16\]/,
  ],
  [
    'a dtype that is not known',
    safetensors({ a: tensor(0, 16, { dtype: 'F8_E4M3' }) }),
    /its dtype is "F8_E4M3", but F64/,
  ],
  ['an entry that is a list', safetensors({ a: [] }), /its entry is not an object/],
  ['a name that stands twice', safetensors(twice), /names the tensor "w" twice/],
  ['no tensors', safetensors({}, { bytes: 0 }), /holds no tensors/],
  ['a header that is not JSON', safetensors('{"a": '), /header that is not JSON/],
  [
    'a header of nothing but brackets',
    safetensors(`{"a": ${'['.repeat(1_000_000)}`),
    /header that is not JSON/,
  ],
  [
    'a header longer than the file',
    safetensors({ a: tensor(0, 16) }, { length: 5000n }),
    /is cut short/,
  ],
  [
    'a header of 200 MB',
    safetensors({ a: tensor(0, 16) }, { length: 200_000_000n }),
    /header of 200000000 bytes, but the format allows/,
  ],
];

for (const [title, bytes, message] of bad) {
  test(`${title}: refused in one sentence`, async () => {
    await assert.rejects(readAll(bytes), { name: 'TopfiveError', kind: 'model', message });
  });
}

test('the first level of every object has a name twice exactly when its text says so', () => {
  const member = fc.tuple(
    fc.oneof(fc.string(), fc.constantFrom('a', '"', '\\', '{', '__proto__')),
    fc.jsonValue(),
  );
  fc.assert(
    fc.property(fc.array(member), fc.constantFrom('', ' ', '\n\t'), (members, space) => {
      const parts = members.map(
        ([name, value]) =>
          `${space}${JSON.stringify(name)}${space}:${JSON.stringify(value, null, 1)}`,
      );
      const names = members.map(([name]) => JSON.parse(JSON.stringify(name)) as string);
      const repeated = names.find((name, index) => names.indexOf(name) < index);
      assert.equal(repeatedMember(`${space}{${parts.join(`${space},`)}}`), repeated);
    }),
  );
});

test('a header of random members gives tensors or one TopfiveError', async () => {
  const entry = fc.record(
    {
      dtype: fc.constantFrom('F32', 'F16', 'BOOL', 'X', null),
      shape: fc.oneof(fc.array(fc.integer({ min: -1, max: 5 }), { maxLength: 3 }), fc.jsonValue()),
      data_offsets: fc.oneof(
        fc.array(fc.integer({ min: -1, max: 20 }), { maxLength: 3 }),
        fc.jsonValue(),
      ),
    },
    { requiredKeys: [] },
  );
  await fc.assert(
    fc.asyncProperty(
      fc.dictionary(fc.string(), fc.oneof(entry, fc.jsonValue())),
      async (header) => {
        await readAll(safetensors(header)).catch((error) => {
          assert.ok(error instanceof TopfiveError && error.kind === 'model', String(error?.stack));
        });
      },
    ),
    { numRuns: 15000 },
  );
});
