import assert from 'node:assert/strict';
import { test } from 'node:test';
import { TopfiveError } from '../../src/errors.ts';
import { costOf } from '../../src/onnx/cost.ts';
import type { Attribute } from '../../src/onnx/graph.ts';
import type { ShapedGraph } from '../../src/onnx/shaped-graph.ts';

/** One node on the input `x` and weights of these shapes. */
function graphOf(
  op: string,
  {
    weights = [],
    attributes = {},
  }: { weights?: number[][]; attributes?: Record<string, Attribute> },
): ShapedGraph {
  const tensors = weights.map((dims, index) => ({ name: `w${index}`, dims }));
  const inputs = ['x', ...tensors.map(({ name }) => name)];
  return {
    inputs: [{ name: 'x' }],
    weights: tensors,
    nodes: [{ op, inputs, outputs: ['y'], attributes }],
  };
}

const strided = { strides: [2, 2], pads: [1, 1, 1, 1] };

/** Output, parameters and multiply-accumulates, worked out by hand. */
const cases: [string, ShapedGraph, number[], [number[], number, number]][] = [
  [
    'a convolution with bias',
    graphOf('Conv', { weights: [[16, 3, 3, 3], [16]], attributes: strided }),
    [1, 3, 9, 9],
    [[1, 16, 5, 5], 16 * 27 + 16, 16 * 25 * 27],
  ],
  [
    'a grouped convolution',
    graphOf('Conv', { weights: [[8, 2, 1, 1]], attributes: { group: 4 } }),
    [1, 8, 4, 4],
    [[1, 8, 4, 4], 16, 8 * 16 * 2],
  ],
  [
    'a dilated convolution',
    graphOf('Conv', { weights: [[1, 1, 3, 3]], attributes: { dilations: [2, 2] } }),
    [1, 1, 7, 7],
    [[1, 1, 3, 3], 9, 81],
  ],
  [
    'a convolution that chooses its zeros',
    graphOf('Conv', {
      weights: [[1, 1, 3, 3]],
      attributes: { auto_pad: 'SAME_UPPER', strides: [2, 2] },
    }),
    [1, 1, 7, 7],
    [[1, 1, 4, 4], 9, 144],
  ],
  [
    'a linear layer, its weights transposed',
    graphOf('Gemm', { weights: [[10, 6], [10]], attributes: { transB: 1 } }),
    [1, 6],
    [[1, 10], 70, 60],
  ],
  [
    'a normalisation, whose mean and variance are not learnt',
    graphOf('BatchNormalization', { weights: [[4], [4], [4], [4]] }),
    [1, 4, 2, 2],
    [[1, 4, 2, 2], 8, 0],
  ],
  [
    'a pool',
    graphOf('MaxPool', { attributes: { kernel_shape: [3, 3], ...strided } }),
    [1, 4, 7, 7],
    [[1, 4, 4, 4], 0, 0],
  ],
  [
    'a product with what meets the images before the first layer',
    graphOf('Mul', { weights: [[4, 1, 1]] }),
    [2, 4, 3, 3],
    [[2, 4, 3, 3], 0, 0],
  ],
  [
    'a transposed convolution in groups',
    graphOf('ConvTranspose', {
      weights: [[4, 3, 2, 2], [6]],
      attributes: { group: 2, strides: [2, 2] },
    }),
    [1, 4, 5, 5],
    [[1, 6, 10, 10], 4 * 3 * 4 + 6, 4 * 25 * 3 * 4],
  ],
  [
    'a matrix product over tokens',
    graphOf('MatMul', { weights: [[8, 6]] }),
    [2, 5, 8],
    [[2, 5, 6], 48, 2 * 5 * 6 * 8],
  ],
  [
    'a sum of products over named axes',
    graphOf('Einsum', { weights: [[8, 6]], attributes: { equation: 'btc,cd->btd' } }),
    [2, 5, 8],
    [[2, 5, 6], 48, 2 * 5 * 6 * 8],
  ],
];

for (const [what, graph, input, [output, params, macs]] of cases) {
  test(`the cost of ${what} is known`, () => {
    const cost = costOf(graph, input);
    assert.deepEqual(cost.nodes[0].output, output);
    assert.deepEqual([cost.params, cost.macs], [params, macs]);
  });
}

test('activations are what comes out of layers that multiply and accumulate', () => {
  const { nodes, ...rest } = graphOf('Conv', { weights: [[16, 3, 3, 3]] });
  const relu = { op: 'Relu', inputs: ['y'], outputs: ['z'], attributes: {} };
  const cost = costOf({ ...rest, nodes: [...nodes, relu] }, [1, 3, 5, 5]);
  assert.deepEqual(
    cost.nodes.map(({ activations }) => activations),
    [16 * 9, 0],
  );
  assert.equal(cost.activations, 16 * 9);
});

const refused: [string, ShapedGraph, number[], RegExp][] = [
  ['an operator that is not known', graphOf('LSTM', {}), [1, 2], /operator LSTM/],
  ['an operator named like a method', graphOf('toString', {}), [1, 2], /operator toString/],
  [
    'a value that nothing gives',
    { inputs: [], weights: [], nodes: graphOf('Relu', {}).nodes },
    [1],
    /lacks "x"/,
  ],
  [
    'shapes that do not join',
    graphOf('Add', { weights: [[3]] }),
    [1, 2],
    /join \[1, 2\] and \[3\]/,
  ],
  ['matrices that do not fit', graphOf('Gemm', { weights: [[5, 2]] }), [1, 4], /multiply/],
  [
    'an input smaller than the window',
    graphOf('Conv', { weights: [[1, 1, 5, 5]] }),
    [1, 1, 3, 3],
    /would give/,
  ],
];

for (const [what, graph, input, sentence] of refused) {
  test(`${what} is an error, never a cost of zero`, () => {
    assert.throws(
      () => costOf(graph, input),
      (error) =>
        error instanceof TopfiveError && error.kind === 'model' && sentence.test(error.message),
    );
  });
}
