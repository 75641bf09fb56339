/** How PaddleClas pads SAME: it pads both sides, too much, and crops what comes out; its counters see the convolution before the crop. */
import type { NodeCost } from './cost.ts';
import { sizeOf } from './shaped-graph.ts';

/**
 * Elements that a convolution gives before the crop; without SAME padding those of its output.
 * PaddleClas ppcls/modeling/architectures/layers.py: where the zeros differ between the sides of an axis, both sides
 * get those of the first and a stride more, and the first row and column of the output are cut off.
 */
export function sizeBeforeCrop({ node, inputs: [x, weight], output }: NodeCost): number {
  const { pads, strides } = node.attributes;
  if (!Array.isArray(pads) || !Array.isArray(strides)) return sizeOf(output);
  const axes = strides.length;
  if (strides.every((_, axis) => pads[axis] === pads[axis + axes])) return sizeOf(output);
  const sides = strides.map((stride, axis) => {
    const padded = x![2 + axis] + 2 * (pads[axis] + stride);
    return Math.floor((padded - weight![2 + axis]) / stride) + 1;
  });
  return output[0] * output[1] * sizeOf(sides);
}
