/** Operators that keep every element and change only shape, order or type. */
import { dtypeOf } from '../proto.ts';
import { refuse, type Shape, sizeOf } from '../shaped-graph.ts';
import {
  axisOf,
  type Call,
  input,
  integer,
  integers,
  type Operators,
  plain,
  setting,
  shaped,
  type Tensor,
} from './operator.ts';
import { isInteger, moved, placeOf } from './values.ts';

export const layout: Operators = {
  Cast: plain(cast),
  CastLike: plain((call) => [castTo(input(call, 0), input(call, 1).dtype)], [0]),
  DepthToSpace: plain(depthToSpace),
  Dropout: plain(dropout, [0]),
  Flatten: plain(flatten),
  Identity: plain((call) => [input(call, 0)]),
  Reshape: plain(reshape, [0]),
  SpaceToDepth: plain(spaceToDepth),
  Squeeze: plain(squeeze, [0]),
  Transpose: plain(transpose),
  Unsqueeze: plain(unsqueeze, [0]),
};

/** The same elements in another shape. */
const reshaped = (x: Tensor, dims: Shape): Tensor[] => [{ ...x, dims }];

function cast(call: Call): Tensor[] {
  const code = integer(call.node, 'to', 0);
  const dtype = dtypeOf(code) ?? refuse(call.node, `casts to the unknown type ${code}`);
  return [castTo(input(call, 0), dtype)];
}

function castTo({ dims, values }: Tensor, dtype: Tensor['dtype']): Tensor {
  if (isInteger(dtype)) return { dtype, dims, values: values?.map(Math.trunc) };
  return {
    dtype,
    dims,
    values: dtype === 'bool' ? values?.map((value) => Number(value !== 0)) : values,
  };
}

/** Outside of training it passes its input on. */
function dropout(call: Call): Tensor[] {
  const x = input(call, 0);
  return [x, { dtype: 'bool', dims: x.dims }];
}

function flatten(call: Call): Tensor[] {
  const x = input(call, 0);
  const axis = integer(call.node, 'axis', 1);
  const cut = axis < 0 ? axis + x.dims.length : axis;
  return reshaped(x, [sizeOf(x.dims.slice(0, cut)), sizeOf(x.dims.slice(cut))]);
}

/** 0 keeps the dimension, -1 takes what is left. */
function reshape(call: Call): Tensor[] {
  const x = input(call, 0);
  const wanted =
    setting(call, { attribute: 'shape', place: 1 }) ?? refuse(call.node, 'has no shape');
  const zeroIsZero = integer(call.node, 'allowzero', 0) !== 0;
  const dims = wanted.map((dim, axis) => (dim === 0 && !zeroIsZero ? x.dims[axis] : dim));
  const fixed = sizeOf(dims.filter((dim) => dim !== -1));
  const filled = dims.map((dim) => (dim === -1 ? sizeOf(x.dims) / fixed : dim));
  if (sizeOf(filled) !== sizeOf(x.dims)) {
    refuse(call.node, `cannot make [${wanted.join(', ')}] of [${x.dims.join(', ')}]`);
  }
  return reshaped(x, filled);
}

function squeeze(call: Call): Tensor[] {
  const x = input(call, 0);
  const axes = setting(call, { attribute: 'axes', place: 1 })?.map((axis) =>
    axisOf(call, { axis, rank: x.dims.length }),
  );
  return reshaped(
    x,
    x.dims.filter((dim, axis) => (axes ? !axes.includes(axis) : dim !== 1)),
  );
}

function unsqueeze(call: Call): Tensor[] {
  const x = input(call, 0);
  const axes = setting(call, { attribute: 'axes', place: 1 }) ?? refuse(call.node, 'has no axes');
  const rank = x.dims.length + axes.length;
  const places = axes.map((axis) => axisOf(call, { axis, rank }));
  const rest = [...x.dims];
  return reshaped(
    x,
    Array.from({ length: rank }, (_, axis) => (places.includes(axis) ? 1 : rest.shift()!)),
  );
}

function transpose(call: Call): Tensor[] {
  const x = input(call, 0);
  const order = integers(call.node, 'perm') ?? x.dims.map((_, axis) => x.dims.length - 1 - axis);
  if (order.length !== x.dims.length) {
    refuse(call.node, `orders ${order.length} axes of [${x.dims.join(', ')}]`);
  }
  const dims = order.map((axis) => x.dims[axis]);
  const from = (at: readonly number[]) =>
    placeOf(
      x.dims.map((_, axis) => at[order.indexOf(axis)]),
      x.dims,
    );
  return [moved(x, { dims, from })];
}

function depthToSpace(call: Call): Tensor[] {
  const x = input(call, 0);
  const [batch, channels, height, width] = x.dims;
  const block = integer(call.node, 'blocksize', 1);
  return [shaped(x, [batch, channels / block ** 2, height * block, width * block])];
}

function spaceToDepth(call: Call): Tensor[] {
  const x = input(call, 0);
  const [batch, channels, height, width] = x.dims;
  const block = integer(call.node, 'blocksize', 1);
  return [shaped(x, [batch, channels * block ** 2, height / block, width / block])];
}
