import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import fc from 'fast-check';
import { TopfiveError } from '../../src/errors.ts';
import type { Attribute, Graph } from '../../src/onnx/graph.ts';
import { readOnnx } from '../../src/onnx/read.ts';
import { openClassifier } from '../../src/onnx/session.ts';
import { writeOnnx } from '../../src/onnx/write.ts';
import { streamOnnx } from '../../src/onnx/write-stream.ts';
import { tinyModel } from '../models/tiny-model.ts';

const record = <T>(model: { [K in keyof T]: fc.Arbitrary<T[K]> }) =>
  fc.record(model, { noNullPrototype: true });
const name = fc.string({ unit: 'binary', maxLength: 40 });
const float = fc.float({ noNaN: true });
const attribute: fc.Arbitrary<Attribute> = fc.oneof(
  fc.maxSafeInteger(),
  name,
  fc.array(fc.maxSafeInteger(), { maxLength: 5 }),
  record({ float }),
  record({ floats: fc.array(float, { maxLength: 5 }) }),
);
const value = record({
  name,
  dtype: fc.constantFrom('float32', 'float16', 'uint8', 'int64', 'bool'),
  dims: fc.array(fc.oneof(fc.nat(), name), { maxLength: 5 }),
});
const weights = fc.oneof(
  record({ name, data: fc.float32Array({ maxLength: 200 }) }),
  record({ name, data: fc.bigInt64Array({ maxLength: 40 }) }),
);
const graph = record({
  name,
  inputs: fc.array(value, { maxLength: 3 }),
  outputs: fc.array(value, { maxLength: 3 }),
  weights: fc
    .array(weights, { maxLength: 4 })
    .map((list) => list.map((item) => ({ ...item, dims: [item.data.length] }))),
  nodes: fc.array(
    record({
      op: name,
      inputs: fc.array(name, { maxLength: 3 }),
      outputs: fc.array(name, { maxLength: 3 }),
      attributes: fc.dictionary(name, attribute, { maxKeys: 4, noNullPrototype: true }),
    }),
    { maxLength: 6 },
  ),
}) as fc.Arbitrary<Graph>;

test('what is written is what is read', () => {
  fc.assert(
    fc.property(graph, (written) => {
      const { graph: read, ...head } = readOnnx(writeOnnx(written), 'round.onnx');
      assert.deepEqual(head, { irVersion: 8, producer: 'topfive', opset: 17, domains: {} });
      assert.equal(read.name, written.name);
      assert.deepEqual(read.inputs, written.inputs);
      assert.deepEqual(read.outputs, written.outputs);
      assert.deepEqual(
        read.nodes.map(({ op, inputs, outputs, attributes }) => ({
          op,
          inputs,
          outputs,
          attributes,
        })),
        written.nodes,
      );
      for (const [index, { data, dims, name: called }] of written.weights.entries()) {
        const bytes = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
        const got = read.initializers[index];
        assert.deepEqual([got.name, got.dims], [called, dims]);
        assert.equal(got.dtype, data instanceof Float32Array ? 'float32' : 'int64');
        assert.ok(Buffer.from(bytes).equals(got.data!));
      }
    }),
    { numRuns: 150 },
  );
});

test('the same graph gives the same bytes, and the runtime loads them', async () => {
  const bytes = tinyModel({ side: 4, classes: 10 });
  assert.ok(Buffer.from(bytes).equals(tinyModel({ side: 4, classes: 10 })));
  const folder = await mkdtemp(join(tmpdir(), 'topfive-write-'));
  try {
    const path = join(folder, 'm.onnx');
    await writeFile(path, bytes);
    const session = await openClassifier(path, { threads: 1, device: 'cpu' });
    assert.equal(session.output.classes, 10);
    await session.close();
  } finally {
    await rm(folder, { recursive: true });
  }
});

test('written as a stream, a graph has the same bytes and the length that was foretold', async () => {
  await fc.assert(
    fc.asyncProperty(graph, async ({ weights: all, ...rest }) => {
      const tensors = all.flatMap(({ data, ...outline }) =>
        data instanceof Float32Array ? { ...outline, data } : [],
      );
      const { length, chunks } = streamOnnx({ ...rest, tensors }, ({ data }) => data);
      const parts: Uint8Array[] = [];
      for await (const chunk of chunks) parts.push(chunk);
      const streamed = Buffer.concat(parts);
      assert.equal(streamed.length, length);
      assert.ok(streamed.equals(writeOnnx({ ...rest, weights: tensors })));
    }),
    { numRuns: 50 },
  );
});

test('truncated or altered bytes are read or refused in one sentence, never anything else', () => {
  const whole = tinyModel({ side: 4, classes: 10 });
  const harm = record({
    length: fc.nat({ max: whole.length }),
    changes: fc.array(
      fc.tuple(fc.nat({ max: whole.length - 1 }), fc.integer({ min: 0, max: 255 })),
      { maxLength: 6 },
    ),
  });
  let refused = 0;
  fc.assert(
    fc.property(harm, ({ length, changes }) => {
      const bytes = Uint8Array.from(whole);
      for (const [place, byte] of changes) {
        bytes[place] = byte;
      }
      try {
        readOnnx(bytes.subarray(0, length), 'harmed.onnx');
      } catch (error) {
        refused += 1;
        assert.ok(error instanceof TopfiveError && error.kind === 'model', String(error));
        assert.match(error.message, /^harmed\.onnx is not a well-formed ONNX file: /);
      }
    }),
    { numRuns: 500 },
  );
  assert.ok(refused > 100, `only ${refused} were refused`);
});

test('hostile bytes are refused for the right reason', () => {
  const graphOf = (body: number[]) => [0x08, 0x08, 0x3a, body.length, ...body];
  const weightsOf = (body: number[]) => graphOf([0x2a, body.length, ...body]);
  const huge = [0x08, 0xff, 0xff, 0xff, 0xff, 0xff, 0x3f];
  const cases: [RegExp, number[]][] = [
    [/version 0 and 0 graphs/, []],
    [/version 8 and 0 graphs/, [0x08, 0x08]],
    [/version 8 and 2 graphs/, [0x08, 0x08, 0x3a, 0x00, 0x3a, 0x00]],
    [/premature EOF/, [0x08, 0x08, 0x3a, 0xff, 0xff, 0xff, 0xff, 0x0f]],
    [/wire type 0 where 2 was expected/, [0x08, 0x08, 0x38, 0x01]],
    [/recursion/, Array<number>(100_000).fill(0x7b)],
    [/unknown element type 99/, weightsOf([0x10, 0x63])],
    [/need 8796093022204 bytes, but 0 are there/, weightsOf([0x10, 0x01, ...huge, 0x4a, 0x00])],
    [/impossible shape/, weightsOf([0x10, 0x01, ...huge, ...huge])],
  ];
  for (const [reason, bytes] of cases) {
    assert.throws(
      () => readOnnx(Uint8Array.from(bytes), 'hostile.onnx'),
      (error) =>
        error instanceof TopfiveError && error.kind === 'model' && reason.test(error.message),
      String(reason),
    );
  }
});
