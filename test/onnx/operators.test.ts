import assert from 'node:assert/strict';
import { test } from 'node:test';
import { BinaryWriter, WireType } from '@bufbuild/protobuf/wire';
import { InferenceSession } from 'onnxruntime-node';
import type { Node, Weights } from '../../src/onnx/graph.ts';
import type { Tensor } from '../../src/onnx/operators/operator.ts';
import { operatorTitles } from '../../src/onnx/operators/table.ts';
import { codeOf, graphField, modelField, nodeField, opsetField } from '../../src/onnx/proto.ts';
import { joined, nested, rawFields } from '../../src/onnx/raw-fields.ts';
import { readOnnx } from '../../src/onnx/read.ts';
import { stepsOf } from '../../src/onnx/shapes.ts';
import { encodeNode, writeOnnx } from '../../src/onnx/write.ts';
import { type Sample, type SampleInput, samples } from './operator-samples.ts';

function field(write: (writer: BinaryWriter) => void): Uint8Array {
  const writer = new BinaryWriter();
  write(writer);
  return writer.finish();
}

const text = (number: number, value: string) =>
  field((writer) => writer.tag(number, WireType.LengthDelimited).string(value));

interface Parts {
  nodes: Node[];
  weights: Weights[];
}

/** Stores an input, or casts what is stored to its type. */
function addInput({ nodes, weights }: Parts, input: SampleInput, name: string): string {
  if (input === null) return '';
  if (Array.isArray(input)) {
    weights.push({ name, dims: [input.length], data: BigInt64Array.from(input.map(BigInt)) });
    return name;
  }
  const {
    dims,
    values,
    type = 'float32',
  } = input as Exclude<SampleInput, readonly number[] | null>;
  const size = dims.reduce((product, dim) => product * dim, 1);
  const data = Float32Array.from(
    { length: size },
    (_, index) => values?.[index] ?? (1 + (index % 7)) / 10,
  );
  weights.push({ name, dims: [...dims], data });
  if (type === 'float32') return name;
  nodes.push({
    op: 'Cast',
    inputs: [name],
    outputs: [`${name}_as`],
    attributes: { to: codeOf(type) },
  });
  return `${name}_as`;
}

/** The bytes of a model of the sample's node alone, and what is inferred of its outputs. */
function modelOf({ op, inputs, attributes = {}, outputs = 1, opset = 21, domain = '' }: Sample) {
  const parts: Parts = { nodes: [], weights: [] };
  const names = inputs.map((input, place) => addInput(parts, input, `i${place}`));
  const results = Array.from({ length: outputs }, (_, place) => `o${place}`);
  const node = { op, domain, inputs: names, outputs: results, attributes };
  const graph = { inputs: [], weights: stored(parts.weights), nodes: [...parts.nodes, node] };
  const inferred = stepsOf(graph, []).at(-1)!.outputs.slice(0, outputs);
  const bytes = writeOnnx({
    name: 'sample',
    inputs: [],
    weights: parts.weights,
    nodes: parts.nodes,
    outputs: results.map((name, place) => ({
      name,
      dtype: inferred[place].dtype,
      dims: [...inferred[place].dims],
    })),
  });
  return { bytes: withNode(bytes, { node, opset }), inferred };
}

/** As a file would hold them. */
function stored(weights: Weights[]) {
  const model = writeOnnx({ name: 'weights', inputs: [], outputs: [], nodes: [], weights });
  return readOnnx(model, 'weights').graph.initializers;
}

/** Adds the node, and puts in the place of the operator set those of the sample. */
function withNode(
  model: Uint8Array,
  { node, opset }: { node: Node & { domain: string }; opset: number },
) {
  const domain = node.domain ? [text(nodeField.domain, node.domain)] : [];
  const added = nested(graphField.node, [encodeNode(node), ...domain]);
  const version = (number: number) =>
    field((writer) => writer.tag(opsetField.version, WireType.Varint).int64(number));
  return joined([
    ...rawFields(model).flatMap(({ field: number, raw, content }) => {
      if (number === modelField.graph) return nested(number, [content, ...added]);
      return number === modelField.opsetImport ? [] : [raw];
    }),
    ...nested(modelField.opsetImport, [version(opset)]),
    ...nested(modelField.opsetImport, [text(opsetField.domain, 'com.microsoft'), version(1)]),
  ]);
}

const describe = ({ op, domain, inputs, attributes, opset }: Sample) =>
  [
    domain ? `${domain}.${op}` : op,
    `(${inputs.map((input) => (input === null ? '-' : Array.isArray(input) ? JSON.stringify(input) : JSON.stringify((input as { dims: number[] }).dims))).join(' ')})`,
    attributes ? JSON.stringify(attributes) : '',
    opset ? `of set ${opset}` : '',
  ].join(' ');

/** Shapes the runtime has no kernel for on the processor, or only in later versions. */
const notHere = new Set(['Swish']);

test('there is a sample of every operator', () => {
  const sampled = new Set(samples.map(({ op, domain }) => (domain ? `${domain}.${op}` : op)));
  assert.deepEqual(
    operatorTitles.filter((title) => !sampled.has(title)),
    [...notHere],
  );
});

for (const sample of samples) {
  test(`ONNX Runtime gives what is inferred of ${describe(sample)}`, async () => {
    const { bytes, inferred } = modelOf(sample);
    const session = await InferenceSession.create(bytes, { logSeverityLevel: 4 });
    const results = await session.run({});
    await session.release();
    for (const [place, tensor] of inferred.entries()) {
      const { dims, type, data } = results[`o${place}`];
      assert.deepEqual([type, dims], [tensor.dtype, tensor.dims]);
      if (tensor.values)
        assertClose(tensor, [...(data as Iterable<number | bigint | boolean>)].map(Number));
    }
  });
}

function assertClose({ values = [] }: Tensor, actual: readonly number[]): void {
  assert.equal(values.length, actual.length);
  for (const [place, value] of values.entries()) {
    assert.ok(
      Math.abs(value - actual[place]) <= 1e-5 * Math.max(1, Math.abs(value)),
      `${value} is ${actual[place]}`,
    );
  }
}
