/** Where a window that slides over an image comes to stand. */
import { refuse, type Shape, type ShapedNode } from '../shaped-graph.ts';
import { integer, integers, text } from './operator.ts';

/**
 * The positions of a window on each spatial axis.
 * @param x shape of the image, batch and channels in front
 */
export function slide(x: Shape, { kernel, node }: { kernel: Shape; node: ShapedNode }): number[] {
  const spatial = x.slice(2);
  if (spatial.length !== kernel.length) {
    refuse(node, `has a window of [${kernel.join(', ')}] for [${x.join(', ')}]`);
  }
  const strides = integers(node, 'strides') ?? kernel.map(() => 1);
  const dilations = integers(node, 'dilations') ?? kernel.map(() => 1);
  const pads = integers(node, 'pads') ?? [...kernel, ...kernel].map(() => 0);
  const automatic = text(node, 'auto_pad', 'NOTSET');
  const positions = spatial.map((side, axis) => {
    if (automatic.startsWith('SAME')) return Math.ceil(side / strides[axis]);
    const reach = dilations[axis] * (kernel[axis] - 1) + 1;
    const [before, after] =
      automatic === 'VALID' ? [0, 0] : [pads[axis], pads[axis + kernel.length]];
    const steps = (side + before + after - reach) / strides[axis];
    if (integer(node, 'ceil_mode', 0) === 0) return Math.floor(steps) + 1;
    const rounded = Math.ceil(steps) + 1;
    // A window that would begin behind the image is left out.
    return (rounded - 1) * strides[axis] >= side + before ? rounded - 1 : rounded;
  });
  if (positions.some((count) => !(count > 0))) refuse(node, `would give [${positions.join(', ')}]`);
  return positions;
}

/** Sides of what a transposed convolution makes of the image. */
export function spread(
  x: Shape,
  { kernel, node }: { kernel: Shape; node: ShapedNode },
): readonly number[] {
  const wanted = integers(node, 'output_shape');
  if (wanted) return wanted.slice(-kernel.length);
  const strides = integers(node, 'strides') ?? kernel.map(() => 1);
  const dilations = integers(node, 'dilations') ?? kernel.map(() => 1);
  const pads = integers(node, 'pads') ?? [...kernel, ...kernel].map(() => 0);
  const more = integers(node, 'output_padding') ?? kernel.map(() => 0);
  const automatic = text(node, 'auto_pad', 'NOTSET');
  return x.slice(2).map((side, axis) => {
    if (automatic.startsWith('SAME')) return side * strides[axis];
    const reach = dilations[axis] * (kernel[axis] - 1) + 1;
    return (
      (side - 1) * strides[axis] + more[axis] + reach - pads[axis] - pads[axis + kernel.length]
    );
  });
}
