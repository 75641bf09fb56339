/** Operators that make an image or tensor larger or smaller. */
import { refuse } from '../shaped-graph.ts';
import { stretch } from './elementwise.ts';
import {
  axisOf,
  type Call,
  input,
  integers,
  known,
  type Operators,
  plain,
  setting,
  shaped,
  type Tensor,
  text,
} from './operator.ts';
import { moved, placeOf } from './values.ts';

export const extent: Operators = {
  Expand: plain(expand, [0]),
  OneHot: plain(oneHot, [2]),
  Pad: plain(pad, [0]),
  Resize: plain(resize, [0]),
  Tile: plain(tile, [0]),
  Upsample: plain(upsample, [0]),
};

function expand(call: Call): Tensor[] {
  const x = input(call, 0);
  const dims = stretch(call, [x.dims, known(call, input(call, 1))]);
  return [moved(x, { dims, from: (at) => placeOf(at, x.dims) })];
}

function tile(call: Call): Tensor[] {
  const x = input(call, 0);
  const repeats = known(call, input(call, 1));
  const dims = x.dims.map((dim, axis) => dim * repeats[axis]);
  const from = (at: readonly number[]) =>
    placeOf(
      at.map((place, axis) => place % x.dims[axis]),
      x.dims,
    );
  return [moved(x, { dims, from })];
}

/** Begins of all axes, then ends. */
function pad(call: Call): Tensor[] {
  const x = input(call, 0);
  const rank = x.dims.length;
  const pads =
    setting(call, { attribute: 'pads', place: 1 }) ??
    integers(call.node, 'paddings') ??
    refuse(call.node, 'has no pads');
  const named = call.inputs[3] && known(call, call.inputs[3]);
  const axes = (named ?? x.dims.map((_, axis) => axis)).map((axis) => axisOf(call, { axis, rank }));
  const dims = [...x.dims];
  for (const [place, axis] of axes.entries()) dims[axis] += pads[place] + pads[place + axes.length];
  return [shaped(x, dims)];
}

/** Operator set 10 has scales alone; later ones a region, scales, sizes. */
function resize(call: Call): Tensor[] {
  const { node, inputs } = call;
  const x = input(call, 0);
  if (text(node, 'keep_aspect_ratio_policy', 'stretch') !== 'stretch') {
    refuse(node, 'keeps the aspect ratio, which is not known here');
  }
  const axes = (integers(node, 'axes') ?? x.dims.map((_, axis) => axis)).map((axis) =>
    axisOf(call, { axis, rank: x.dims.length }),
  );
  const sizes = inputs[3] && known(call, inputs[3]);
  const factors = inputs[2] ?? inputs[1];
  const scales = factors ? known(call, factors) : [];
  if (!sizes?.length && !scales.length) refuse(node, 'has neither scales nor sizes');
  const dims = [...x.dims];
  for (const [place, axis] of axes.entries()) {
    dims[axis] = sizes?.length ? sizes[place] : Math.floor(x.dims[axis] * scales[place]);
  }
  return [shaped(x, dims)];
}

function upsample(call: Call): Tensor[] {
  const x = input(call, 0);
  const { scales } = call.node.attributes;
  const factors =
    typeof scales === 'object' && 'floats' in scales ? scales.floats : known(call, input(call, 1));
  return [
    shaped(
      x,
      x.dims.map((dim, axis) => Math.floor(dim * factors[axis])),
    ),
  ];
}

function oneHot(call: Call): Tensor[] {
  const [indices, depth, values] = [0, 1, 2].map((place) => input(call, place));
  const [count] = known(call, depth);
  const { axis = -1 } = call.node.attributes;
  const place = axisOf(call, { axis: Number(axis), rank: indices.dims.length + 1 });
  return [shaped(values, indices.dims.toSpliced(place, 0, count))];
}
