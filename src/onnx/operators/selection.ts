/** Operators that take parts of tensors, or put tensors together. */
import { refuse, type Shape } from '../shaped-graph.ts';
import {
  axisOf,
  type Call,
  each,
  input,
  integer,
  type Operators,
  plain,
  setting,
  shaped,
  type Tensor,
} from './operator.ts';
import { coordinatesOf, isSmall, moved, placeOf } from './values.ts';

export const selection: Operators = {
  Concat: plain(concat),
  Gather: plain(gather, [0]),
  GatherElements: plain((call) => [shaped(input(call, 0), input(call, 1).dims)], [0]),
  GatherND: plain(gatherPoints, [0]),
  ...each(
    'ScatterElements ScatterND',
    plain((call) => [shaped(input(call, 0))], [0, 2]),
  ),
  Slice: plain(slice, [0]),
  Split: plain(split, [0]),
  Trilu: plain((call) => [shaped(input(call, 0))], [0]),
};

function concat(call: Call): Tensor[] {
  const parts = call.inputs.map((_, place) => input(call, place));
  const [first] = parts;
  const axis = axisOf(call, { axis: integer(call.node, 'axis', 0), rank: first.dims.length });
  for (const { dims } of parts) {
    if (
      dims.length !== first.dims.length ||
      dims.some((dim, at) => at !== axis && dim !== first.dims[at])
    ) {
      refuse(call.node, `cannot put [${dims.join(', ')}] beside [${first.dims.join(', ')}]`);
    }
  }
  const total = parts.reduce((sum, { dims }) => sum + dims[axis], 0);
  const dims = first.dims.map((dim, at) => (at === axis ? total : dim));
  return [{ ...shaped(first, dims), values: concatValues(parts, { axis, dims }) }];
}

function concatValues(
  parts: readonly Tensor[],
  { axis, dims }: { axis: number; dims: Shape },
): number[] | undefined {
  if (!isSmall(dims) || parts.some(({ values }) => !values)) return undefined;
  return coordinatesOf(dims).map((at) => {
    let along = at[axis];
    const part = parts.find((each) => {
      if (along < each.dims[axis]) return true;
      along -= each.dims[axis];
      return false;
    })!;
    return part.values![placeOf(at.with(axis, along), part.dims)];
  });
}

function gather(call: Call): Tensor[] {
  const [x, indices] = [input(call, 0), input(call, 1)];
  const axis = axisOf(call, { axis: integer(call.node, 'axis', 0), rank: x.dims.length });
  const dims = [...x.dims.slice(0, axis), ...indices.dims, ...x.dims.slice(axis + 1)];
  const wanted = indices.values;
  if (!wanted) return [shaped(x, dims)];
  const behind = axis + indices.dims.length;
  const from = (at: readonly number[]) => {
    const index = wanted[placeOf(at.slice(axis, behind), indices.dims)];
    const along = index < 0 ? index + x.dims[axis] : index;
    return placeOf([...at.slice(0, axis), along, ...at.slice(behind)], x.dims);
  };
  return [moved(x, { dims, from })];
}

function gatherPoints(call: Call): Tensor[] {
  const [x, indices] = [input(call, 0), input(call, 1)];
  const batch = integer(call.node, 'batch_dims', 0);
  const depth = batch + indices.dims.at(-1)!;
  return [shaped(x, [...indices.dims.slice(0, -1), ...x.dims.slice(depth)])];
}

interface Cut {
  start: number;
  step: number;
  count: number;
}

function slice(call: Call): Tensor[] {
  const x = input(call, 0);
  const settings = ['starts', 'ends', 'axes', 'steps'].map((attribute, index) =>
    setting(call, { attribute, place: index + 1 }),
  );
  const [starts, ends] = settings;
  if (!starts || !ends) refuse(call.node, 'has no starts and ends');
  const axes = settings[2] ?? starts.map((_, axis) => axis);
  const cuts = x.dims.map((dim): Cut => ({ start: 0, step: 1, count: dim }));
  for (const [place, axis] of axes.entries()) {
    const at = axisOf(call, { axis, rank: x.dims.length });
    const bounds = { start: starts[place], end: ends[place], step: settings[3]?.[place] ?? 1 };
    cuts[at] = cutOf(x.dims[at], bounds);
  }
  const dims = cuts.map(({ count }) => count);
  const from = (at: readonly number[]) =>
    placeOf(
      cuts.map(({ start, step }, axis) => start + step * at[axis]),
      x.dims,
    );
  return [moved(x, { dims, from })];
}

/** As in Python: negative bounds count from the end, and bounds beyond it are pulled in. */
function cutOf(
  dim: number,
  { start, end, step }: { start: number; end: number; step: number },
): Cut {
  const [lowest, highest] = step > 0 ? [0, dim] : [-1, dim - 1];
  const pull = (bound: number) =>
    Math.max(lowest, Math.min(highest, bound < 0 ? Math.max(bound + dim, -1) : bound));
  const [from, to] = [pull(start), pull(end)];
  return { start: from, step, count: Math.max(0, Math.ceil((to - from) / step)) };
}

function split(call: Call): Tensor[] {
  const { node } = call;
  const x = input(call, 0);
  const axis = axisOf(call, { axis: integer(node, 'axis', 0), rank: x.dims.length });
  const parts = node.outputs.length;
  const even = Math.ceil(x.dims[axis] / parts);
  const sizes =
    setting(call, { attribute: 'split', place: 1 }) ??
    node.outputs.map((_, place) => Math.min(even, x.dims[axis] - place * even));
  if (sizes.length !== parts || sizes.reduce((sum, size) => sum + size, 0) !== x.dims[axis]) {
    refuse(node, `cannot cut ${x.dims[axis]} into ${sizes.join(', ')}`);
  }
  let before = 0;
  return sizes.map((size) => {
    const start = before;
    before += size;
    const dims = x.dims.map((dim, at) => (at === axis ? size : dim));
    return moved(x, { dims, from: (at) => placeOf(at.with(axis, at[axis] + start), x.dims) });
  });
}
