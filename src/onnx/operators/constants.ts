/** Operators that make tensors of nothing but attributes and shapes. */
import { refuse } from '../shaped-graph.ts';
import {
  type Call,
  input,
  integer,
  known,
  type Operators,
  plain,
  type Tensor,
} from './operator.ts';
import { coordinatesOf, isSmall, storedValues } from './values.ts';

/** Nothing of what flows through the network goes on: only its extent. */
const nothing: readonly number[] = [];

export const constants: Operators = {
  Constant: plain(constant),
  ConstantOfShape: plain(filled, nothing),
  EyeLike: plain((call) => [{ ...input(call, 0), values: undefined }], nothing),
  NonZero: plain(nonZero),
  Range: plain(range, nothing),
  Shape: plain(shape, nothing),
  Size: plain(size, nothing),
};

function constant({ node }: Call): Tensor[] {
  const { value, value_int, value_ints, value_float, value_floats } = node.attributes;
  if (typeof value === 'object' && 'tensor' in value) {
    const { dims, dtype = 'float32' } = value.tensor;
    return [{ dtype, dims, values: storedValues(value.tensor) }];
  }
  if (typeof value_int === 'number') return [{ dtype: 'int64', dims: [], values: [value_int] }];
  if (Array.isArray(value_ints)) {
    return [{ dtype: 'int64', dims: [value_ints.length], values: value_ints }];
  }
  if (typeof value_float === 'object' && 'float' in value_float) {
    return [{ dtype: 'float32', dims: [], values: [value_float.float] }];
  }
  if (typeof value_floats === 'object' && 'floats' in value_floats) {
    const { floats } = value_floats;
    return [{ dtype: 'float32', dims: [floats.length], values: floats }];
  }
  return refuse(node, 'holds a value that is not read here');
}

function filled(call: Call): Tensor[] {
  const dims = known(call, input(call, 0));
  const { value } = call.node.attributes;
  const stored = typeof value === 'object' && 'tensor' in value ? value.tensor : undefined;
  const [fill] = stored ? (storedValues(stored) ?? []) : [0];
  const values =
    fill !== undefined && isSmall(dims) ? coordinatesOf(dims).map(() => fill) : undefined;
  return [{ dtype: stored?.dtype ?? 'float32', dims, values }];
}

function nonZero(call: Call): Tensor[] {
  const x = input(call, 0);
  const values = known(call, x);
  const found = coordinatesOf(x.dims).filter((_, place) => values[place] !== 0);
  const rows = x.dims.map((_, axis) => found.map((at) => at[axis]));
  return [{ dtype: 'int64', dims: [x.dims.length, found.length], values: rows.flat() }];
}

function range(call: Call): Tensor[] {
  const [start, limit, delta] = [0, 1, 2].map((place) => known(call, input(call, place))[0]);
  const length = Math.max(0, Math.ceil((limit - start) / delta));
  const values = isSmall([length])
    ? Array.from({ length }, (_, step) => start + step * delta)
    : undefined;
  return [{ dtype: input(call, 0).dtype, dims: [length], values }];
}

function shape(call: Call): Tensor[] {
  const { dims } = input(call, 0);
  const { end } = call.node.attributes;
  const values = dims.slice(
    integer(call.node, 'start', 0),
    typeof end === 'number' ? end : undefined,
  );
  return [{ dtype: 'int64', dims: [values.length], values }];
}

function size(call: Call): Tensor[] {
  const { dims } = input(call, 0);
  return [{ dtype: 'int64', dims: [], values: [dims.reduce((product, dim) => product * dim, 1)] }];
}
