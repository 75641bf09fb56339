/** Convolutions and pools: a window on the spatial axes. */
import { refuse, type Shape, sizeOf } from '../shaped-graph.ts';
import {
  type Call,
  each,
  input,
  integer,
  integers,
  type Operator,
  type Operators,
  plain,
  shaped,
} from './operator.ts';
import { slide, spread } from './window.ts';

export const convolution: Operators = {
  Conv: {
    infer: (call) => [shaped(input(call, 0), convolved(call, { image: 0, weight: 1 }))],
    macs: ({ inputs, outputs: [y] }) => sizeOf(y.dims) * sizeOf(inputs[1]!.dims.slice(1)),
    learnt: [1, 2],
  },
  ConvTranspose: {
    infer: transposed,
    macs: ({ inputs: [x, weight] }) => sizeOf(x!.dims) * sizeOf(weight!.dims.slice(1)),
    learnt: [1, 2],
  },
  ...each('AveragePool LpPool MaxPool', plain(pool)),
  ...each('GlobalAveragePool GlobalLpPool GlobalMaxPool', plain(globalPool)),
};

/** Shape of a convolution's output; `image` and `weight` are the places of its inputs. */
export function convolved(call: Call, places: { image: number; weight: number }): Shape {
  const { node } = call;
  const x = input(call, places.image).dims;
  const [filters, depth, ...kernel] = input(call, places.weight).dims;
  const groups = integer(node, 'group', 1);
  if (x[1] !== depth * groups) {
    refuse(node, `has filters for ${depth * groups} channels, but gets [${x.join(', ')}]`);
  }
  return [x[0], filters, ...slide(x, { kernel, node })];
}

function transposed(call: Call) {
  const x = input(call, 0);
  const [, filters, ...kernel] = input(call, 1).dims;
  const channels = filters * integer(call.node, 'group', 1);
  return [shaped(x, [x.dims[0], channels, ...spread(x.dims, { kernel, node: call.node })])];
}

function pool(call: Call): ReturnType<Operator['infer']> {
  const x = input(call, 0);
  const kernel = integers(call.node, 'kernel_shape') ?? refuse(call.node, 'has no kernel_shape');
  const dims = [...x.dims.slice(0, 2), ...slide(x.dims, { kernel, node: call.node })];
  // A second output of MaxPool says where each maximum was.
  return [shaped(x, dims), { dtype: 'int64', dims }];
}

export function globalPool(call: Call) {
  const x = input(call, 0);
  return [shaped(x, [...x.dims.slice(0, 2), ...x.dims.slice(2).map(() => 1)])];
}
