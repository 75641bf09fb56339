/** Operators of quantised graphs: scales and zero points are no weights. */
import { sizeOf } from '../shaped-graph.ts';
import { convolved } from './convolution.ts';
import { type Call, input, type Operators, plain, type Tensor } from './operator.ts';
import { multiplied } from './product.ts';

export const quantised: Operators = {
  QuantizeLinear: plain(quantise, [0]),
  DequantizeLinear: plain(
    (call) => [{ ...input(call, 0), dtype: input(call, 1).dtype, values: undefined }],
    [0],
  ),
  DynamicQuantizeLinear: plain((call) => [
    { dtype: 'uint8', dims: input(call, 0).dims },
    { dtype: 'float32', dims: [] },
    { dtype: 'uint8', dims: [] },
  ]),
  // x, scale, zero; w, scale, zero; y's scale, zero; bias
  QLinearConv: {
    infer: (call) => [typed(call, 7, convolved(call, { image: 0, weight: 3 }))],
    macs: ({ inputs, outputs: [y] }) => sizeOf(y.dims) * sizeOf(inputs[3]!.dims.slice(1)),
    learnt: [3, 8],
    flows: [0],
  },
  // a, scale, zero; b, scale, zero; y's scale, zero
  QLinearMatMul: {
    infer: (call) => [typed(call, 7, multiplied(call, { left: 0, right: 3 }))],
    macs: ({ inputs: [a], outputs: [y] }) => sizeOf(y.dims) * a!.dims.at(-1)!,
    learnt: [0, 3],
    flows: [0, 3],
  },
  ConvInteger: {
    infer: (call) => [{ dtype: 'int32', dims: convolved(call, { image: 0, weight: 1 }) }],
    macs: ({ inputs, outputs: [y] }) => sizeOf(y.dims) * sizeOf(inputs[1]!.dims.slice(1)),
    learnt: [1],
    flows: [0],
  },
  MatMulInteger: {
    infer: (call) => [{ dtype: 'int32', dims: multiplied(call, { left: 0, right: 1 }) }],
    macs: ({ inputs: [a], outputs: [y] }) => sizeOf(y.dims) * a!.dims.at(-1)!,
    learnt: [0, 1],
    flows: [0, 1],
  },
};

/** The zero point says the type; without one it is uint8. */
function quantise(call: Call): Tensor[] {
  return [{ dtype: call.inputs[2]?.dtype ?? 'uint8', dims: input(call, 0).dims }];
}

/** A tensor of the type of the input at `place`. */
function typed(call: Call, place: number, dims: Tensor['dims']): Tensor {
  return { dtype: call.inputs[place]?.dtype ?? 'uint8', dims };
}
