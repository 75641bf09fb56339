/** Where a convolution's zeros go: the two rules that the architectures know. */

export interface Window {
  /** Side in pixels of the square feature map that comes in. */
  side: number;
  kernel: number;
  stride: number;
}

/** Zeros before (top, left) and after (bottom, right) the feature map. */
export type Padding = readonly [before: number, after: number];

/** TensorFlow's SAME: the output has ceil(side / stride) pixels, and an odd zero goes after. */
function padSame({ side, kernel, stride }: Window): Padding {
  const output = Math.ceil(side / stride);
  const total = Math.max(0, (output - 1) * stride + kernel - side);
  const before = Math.floor(total / 2);
  return [before, total - before];
}

/** PyTorch's habit: the same number of zeros on both sides, whatever the size of the feature map. */
function padSymmetric({ kernel, stride }: Window): Padding {
  const each = Math.floor((kernel - 1 + (stride - 1)) / 2);
  return [each, each];
}

export const paddingRules = { same: padSame, symmetric: padSymmetric } as const;
export type PaddingRule = keyof typeof paddingRules;
