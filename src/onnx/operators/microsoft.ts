/** Operators of ONNX Runtime's own domain, as its quantiser and its optimiser write them. */
import { type Shape, sizeOf } from '../shaped-graph.ts';
import { convolution, globalPool } from './convolution.ts';
import { stretch } from './elementwise.ts';
import {
  each,
  input,
  integer,
  none,
  type Operators,
  plain,
  same,
  shaped,
  type Tensor,
} from './operator.ts';
import { gemm, product } from './product.ts';
import { quantised } from './quantised.ts';

const { QuantizeLinear, DequantizeLinear } = quantised;

/** a, scale, zero; b, scale, zero; y's scale, zero */
const joinQuantised = plain(
  (call) => [shaped(input(call, 0), stretch(call, [input(call, 0).dims, input(call, 3).dims]))],
  [0, 3],
);

export const microsoft: Operators = {
  QuantizeLinear,
  DequantizeLinear,
  FusedConv: convolution.Conv,
  FusedGemm: product.Gemm,
  ...each('Gelu QuickGelu', plain(same)),
  ...each('BiasGelu FastGelu', { ...plain(same), learnt: [1] }),
  ...each('QLinearLeakyRelu QLinearSigmoid QLinearSoftmax', plain(same, [0])),
  ...each('QLinearAdd QLinearMul', joinQuantised),
  QLinearGlobalAveragePool: plain(globalPool, [0]),
  QLinearConcat: plain((call) => [concatQuantised(call.inputs, integer(call.node, 'axis', 0))]),
  // a, scale, zero; b, scale, zero; bias
  QGemm: {
    infer: (call) => [
      shaped(input(call, 0), gemm({ ...call, inputs: [call.inputs[0], call.inputs[3]] })),
    ],
    macs: ({ inputs: [a], outputs: [y] }) => sizeOf(a!.dims) * y.dims[1],
    learnt: [0, 3, 6],
    flows: [0],
  },
  // input, skip, gamma, beta, bias
  SkipLayerNormalization: { infer: same, macs: none, learnt: [2, 3, 4] },
};

/** y's scale and zero, then each part with its own. */
function concatQuantised(inputs: readonly (Tensor | undefined)[], axis: number): Tensor {
  const parts = inputs.filter(
    (tensor, place) => tensor && place >= 2 && (place - 2) % 3 === 0,
  ) as Tensor[];
  const at = axis < 0 ? axis + parts[0].dims.length : axis;
  const total = parts.reduce((sum, { dims }) => sum + dims[at], 0);
  const dims: Shape = parts[0].dims.with(at, total);
  return shaped(parts[0], dims);
}
