/** Operators that fold axes: sums, means, extremes, positions. */
import {
  axisOf,
  type Call,
  each,
  input,
  integer,
  known,
  type Operators,
  plain,
  setting,
  shaped,
  type Tensor,
} from './operator.ts';

const folds: Record<string, (values: readonly number[]) => number> = {
  ReduceMax: (values) => Math.max(...values),
  ReduceMean: (values) => values.reduce((sum, value) => sum + value, 0) / values.length,
  ReduceMin: (values) => Math.min(...values),
  ReduceProd: (values) => values.reduce((product, value) => product * value, 1),
  ReduceSum: (values) => values.reduce((sum, value) => sum + value, 0),
};

export const reduction: Operators = {
  ...each(
    'ReduceL1 ReduceL2 ReduceLogSum ReduceLogSumExp ReduceSumSquare',
    plain((call) => [reduced(call)], [0]),
  ),
  ...Object.fromEntries(
    Object.entries(folds).map(([name, fold]) => [
      name,
      plain((call) => [reduced(call, fold)], [0]),
    ]),
  ),
  ...each(
    'ArgMax ArgMin',
    plain((call) => [{ dtype: 'int64', dims: positions(call) }]),
  ),
  CumSum: plain((call) => [shaped(input(call, 0))], [0]),
  TopK: plain(best, [0]),
};

function reduced(call: Call, fold?: (values: readonly number[]) => number): Tensor {
  const x = input(call, 0);
  const rank = x.dims.length;
  const axes = setting(call, { attribute: 'axes', place: 1 }) ?? [];
  if (axes.length === 0 && integer(call.node, 'noop_with_empty_axes', 0) !== 0) return shaped(x);
  const folded = axes.length
    ? axes.map((axis) => axisOf(call, { axis, rank }))
    : x.dims.map((_, axis) => axis);
  const dims = foldedDims(call, folded);
  const whole = folded.length === rank && fold && x.values;
  return whole ? { dtype: x.dtype, dims, values: [fold(x.values!)] } : shaped(x, dims);
}

function foldedDims(call: Call, axes: readonly number[]): number[] {
  const keep = integer(call.node, 'keepdims', 1) !== 0;
  return input(call, 0).dims.flatMap((dim, axis) => {
    if (!axes.includes(axis)) return [dim];
    return keep ? [1] : [];
  });
}

function positions(call: Call): number[] {
  const rank = input(call, 0).dims.length;
  return foldedDims(call, [axisOf(call, { axis: integer(call.node, 'axis', 0), rank })]);
}

function best(call: Call): Tensor[] {
  const x = input(call, 0);
  const axis = axisOf(call, { axis: integer(call.node, 'axis', -1), rank: x.dims.length });
  const [count] = call.inputs[1] ? known(call, call.inputs[1]) : [integer(call.node, 'k', 1)];
  const dims = x.dims.map((dim, place) => (place === axis ? count : dim));
  return [shaped(x, dims), { dtype: 'int64', dims }];
}
