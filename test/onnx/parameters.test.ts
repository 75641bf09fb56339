import assert from 'node:assert/strict';
import { test } from 'node:test';
import { costOf } from '../../src/onnx/cost.ts';
import type { Attribute } from '../../src/onnx/graph.ts';
import type { DataType } from '../../src/onnx/proto.ts';
import type { ShapedNode, StoredTensor } from '../../src/onnx/shaped-graph.ts';

const stored = (name: string, dims: number[], dtype: DataType = 'float32'): StoredTensor => ({
  name,
  dims,
  dtype,
});

/** `y = Op(a, b)` */
function step(line: string, attributes: Record<string, Attribute> = {}): ShapedNode {
  const [, outputs, op, inputs] = /^(.+) = (\w+)\((.*)\)$/.exec(line)!;
  return { op, inputs: inputs.split(', '), outputs: outputs.split(', '), attributes };
}

const paramsOf = (weights: StoredTensor[], nodes: ShapedNode[]) =>
  costOf({ inputs: [{ name: 'x' }], weights, nodes }, [1, 3, 4, 4]).params;

const conv = [stored('w', [8, 3, 1, 1])];
const features = step('f = Conv(x, w)');

const cases: [string, StoredTensor[], ShapedNode[], number][] = [
  [
    'a bias that is added after its layer',
    [stored('b', [8, 1, 1])],
    [step('y = Add(f, b)')],
    24 + 8,
  ],
  ['a scale of each channel', [stored('s', [8, 1, 1])], [step('y = Mul(f, s)')], 24 + 8],
  [
    'a token that is stretched and put beside the features',
    [stored('t', [1, 8, 1, 4]), { ...stored('n', [4], 'int64'), data: int64(1, 1, 1, 1) }],
    [step('e = Expand(t, n)'), step('y = Concat(f, e)', { axis: 2 })],
    24 + 32,
  ],
  ['a scalar', [stored('s', [])], [step('y = Mul(f, s)')], 24],
  ['a mask of truths', [stored('m', [8, 1, 1], 'bool')], [step('y = Where(m, f, f)')], 24],
  [
    'a table of which rows are taken, and the places of the rows',
    [stored('table', [9, 4]), stored('at', [4], 'int64')],
    [step('r = Gather(table, at)'), step('y = Add(f, r)')],
    24 + 36,
  ],
  [
    'the two learnt tensors of a normalisation, not its statistics',
    ['g', 'b', 'm', 'v'].map((name) => stored(name, [8])),
    [step('y = BatchNormalization(f, g, b, m, v)')],
    24 + 16,
  ],
  [
    'weights in eight bits, not their scale and zero point',
    [stored('q', [8, 8, 1, 1], 'int8'), stored('s', [8]), stored('z', [8], 'int8')],
    [step('d = DequantizeLinear(q, s, z)', { axis: 0 }), step('y = Conv(f, d)')],
    24 + 64,
  ],
  [
    'weights that are turned before they are used',
    [stored('l', [5, 4])],
    [step('t = Transpose(l)'), step('y = MatMul(f, t)')],
    24 + 20,
  ],
  [
    'one tensor that two layers share, once',
    [stored('l', [4, 4])],
    [step('u = MatMul(f, l)'), step('y = MatMul(u, l)')],
    24 + 16,
  ],
  [
    'equal tensors that the file stores once and copies, each',
    [stored('l', [4, 4])],
    [step('k = Identity(l)'), step('u = MatMul(f, l)'), step('y = MatMul(u, k)')],
    24 + 32,
  ],
  [
    'weights that the graph normalises itself',
    [stored('l', [4, 4]), stored('gain', [4, 1]), stored('epsilon', [])],
    [step('c = Sub(l, epsilon)'), step('k = Mul(c, gain)'), step('y = MatMul(f, k)')],
    24 + 16 + 4,
  ],
];

for (const [what, weights, nodes, params] of cases) {
  test(`counted is ${what}`, () => {
    assert.equal(paramsOf([...conv, ...weights], [features, ...nodes]), params);
  });
}

test('what is taken from the images before the first layer was not learnt', () => {
  const weights = [...conv, stored('mean', [3, 1, 1]), stored('std', [3, 1, 1])];
  const nodes = [step('c = Sub(x, mean)'), step('n = Div(c, std)'), step('f = Conv(n, w)')];
  assert.equal(paramsOf(weights, nodes), 24);
});

test('weights that the file lists among its inputs are weights', () => {
  const graph = { inputs: [{ name: 'x' }, { name: 'w' }], weights: conv, nodes: [features] };
  assert.equal(costOf(graph, [1, 3, 4, 4]).params, 24);
});

function int64(...values: number[]): Uint8Array {
  return new Uint8Array(BigInt64Array.from(values.map(BigInt)).buffer);
}
