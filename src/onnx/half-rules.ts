/** What each operator does with fp16: computes in it, stays in fp32, or follows what comes in. */
import type { DataType } from './proto.ts';

/**
 * `half`: the products that fp16 is for. `float`: stays in fp32, because the specification has no fp16 version or because
 * its results leave fp16's range or digits. `follow`: the wider type of what comes in, weights not counted.
 */
export type Arithmetic = 'half' | 'float' | 'follow';

export interface HalfRule {
  arithmetic: Arithmetic;
  /** Inputs that the specification wants in float32, whatever the others are. */
  floatInputs: readonly number[];
  /** Element types of the outputs, the last of them also of all further ones. */
  outputs: readonly ('first' | 'second' | 'third' | DataType)[];
}

const same = ['first'] as const;

function rulesFor(
  operators: string,
  rule: Partial<HalfRule> & Pick<HalfRule, 'arithmetic'>,
): [string, HalfRule][] {
  const whole = { floatInputs: [], outputs: same, ...rule };
  return operators
    .trim()
    .split(/\s+/)
    .map((operator) => [operator, whole]);
}

/**
 * As PyTorch's autocast for CUDA divides them (pytorch.org/docs/stable/amp.html, "CUDA Ops that can autocast to …"), except
 * that batch and instance normalisation stay in fp32 here. `Sum` adds tensors element by element, as `Add` does.
 */
const rules: Readonly<Record<string, HalfRule>> = Object.fromEntries([
  ...rulesFor('Conv ConvTranspose Einsum Gemm MatMul PRelu', { arithmetic: 'half' }),

  // Exponentials, powers, quotients and sums of many values.
  ...rulesFor(
    `Acos Asin Cosh CumSum Exp LogSoftmax Log Pow Reciprocal ReduceL1 ReduceL2 ReduceLogSum ReduceLogSumExp ReduceProd
     ReduceSum ReduceSumSquare Sinh Softmax Softplus Tan`,
    { arithmetic: 'float' },
  ),
  // Normalisations: they sum squares, or divide by statistics that leave fp16's range.
  ...rulesFor(
    `BatchNormalization GroupNormalization InstanceNormalization LayerNormalization LpNormalization LRN MeanVarianceNormalization
     RMSNormalization`,
    { arithmetic: 'float' },
  ),
  // No fp16 version in the specification (github.com/onnx/onnx/blob/main/docs/Operators.md).
  ...rulesFor('Celu Range', { arithmetic: 'float' }),
  ...rulesFor('IsInf', { arithmetic: 'float', outputs: ['bool'] }),

  ...rulesFor(
    `Abs Add Atan AveragePool Ceil Clip Compress Concat Cos DepthToSpace Div Elu Erf Expand
     Flatten Floor Gather GatherElements GatherND Gelu GlobalAveragePool GlobalMaxPool HardSigmoid HardSwish Identity
     LeakyRelu Max Mean Min Mish Mod Mul Neg Pad ReduceMax ReduceMean ReduceMin Relu Reshape Round ScatterElements
     ScatterND Selu Sigmoid Sign Sin Slice Softsign SpaceToDepth Split Sqrt Squeeze Sub Sum Swish Tanh ThresholdedRelu Tile
     Transpose Trilu Unsqueeze`,
    { arithmetic: 'follow' },
  ),
  ...rulesFor('Upsample', { arithmetic: 'follow', floatInputs: [1] }),
  // Region of interest and scales.
  ...rulesFor('Resize', { arithmetic: 'follow', floatInputs: [1, 2] }),
  ...rulesFor('Dropout', { arithmetic: 'follow', floatInputs: [1], outputs: ['first', 'bool'] }),
  ...rulesFor('MaxPool TopK', { arithmetic: 'follow', outputs: ['first', 'int64'] }),
  ...rulesFor('Where', { arithmetic: 'follow', outputs: ['second'] }),
  ...rulesFor('OneHot', { arithmetic: 'follow', outputs: ['third'] }),
  ...rulesFor('ArgMax ArgMin NonZero Shape Size', { arithmetic: 'follow', outputs: ['int64'] }),
  ...rulesFor('And Equal Greater GreaterOrEqual IsNaN Less LessOrEqual Not Or Xor', {
    arithmetic: 'follow',
    outputs: ['bool'],
  }),
]);

/** Undefined for an operator that is not known here. */
export function halfRuleOf(operator: string): HalfRule | undefined {
  return Object.hasOwn(rules, operator) ? rules[operator] : undefined;
}
