/** A node of each operator whose shape and cost are known, with inputs that ONNX Runtime accepts. */
import type { Attribute } from '../../src/onnx/graph.ts';
import type { DataType } from '../../src/onnx/proto.ts';

/** Numbers alone are int64; `type` is what float32 values are cast to. */
export type SampleInput =
  | readonly number[]
  | { dims: readonly number[]; values?: readonly number[]; type?: DataType }
  | null;

export interface Sample {
  op: string;
  inputs: readonly SampleInput[];
  attributes?: Record<string, Attribute>;
  /** Default 1. */
  outputs?: number;
  /** Default 21. */
  opset?: number;
  domain?: string;
}

const t = (...dims: number[]): SampleInput => ({ dims });
const scalar = (value: number, type: DataType = 'float32'): SampleInput => ({
  dims: [],
  values: [value],
  type,
});
const vector = (values: number[], type: DataType = 'float32'): SampleInput => ({
  dims: [values.length],
  values,
  type,
});
const int8 = (...dims: number[]): SampleInput => ({ dims, type: 'int8' });
const uint8 = (...dims: number[]): SampleInput => ({ dims, type: 'uint8' });
const bool = (...dims: number[]): SampleInput => ({ dims, type: 'bool' });

const each = (ops: string, ...inputs: SampleInput[]): Sample[] =>
  ops.split(' ').map((op) => ({ op, inputs }));

const image = t(1, 6, 9, 8);
const window = { kernel_shape: [3, 3], strides: [2, 2], pads: [0, 1, 1, 1] };

const elementwise: Sample[] = [
  ...each(
    'Abs Acos Asin Asinh Atan Atanh Ceil Celu Cos Cosh Elu Erf Exp Floor Gelu HardSigmoid HardSwish IsNaN IsInf LeakyRelu Log Mish Neg Reciprocal Relu Round Selu Shrink Sigmoid Sign Sin Sinh Softplus Softsign Sqrt Tan Tanh ThresholdedRelu',
    t(2, 3),
  ),
  { op: 'Acosh', inputs: [vector([1, 2, 3])] },
  ...each('Add Div Max Mean Min Mul Pow PRelu Sub Sum', t(2, 1, 3), t(3)),
  ...each('Add Div Mul Sub Max Min', [7, -7, 5], [2]),
  { op: 'Max', inputs: [t(2, 1), t(1, 3), t(3)] },
  { op: 'Mod', inputs: [[7, -7, 5], [3]] },
  { op: 'Mod', inputs: [vector([7.5, -7.5]), scalar(2)], attributes: { fmod: 1 } },
  ...each('Equal Greater GreaterOrEqual Less LessOrEqual', [1, 2, 3], [2]),
  ...each('And Or Xor', bool(2, 3), bool(3)),
  { op: 'Not', inputs: [bool(3)] },
  { op: 'Round', inputs: [vector([0.5, 1.5, 2.5, -0.5, -1.5, 2.4])] },
  { op: 'BitwiseNot', inputs: [[1, 2]] },
  ...each('BitwiseAnd BitwiseOr BitwiseXor', [1, 2], [3, 4]),
  { op: 'BitShift', inputs: [uint8(3), uint8(3)], attributes: { direction: 'LEFT' } },
  { op: 'Clip', inputs: [t(2, 3), scalar(0.2), scalar(0.5)] },
  { op: 'Clip', inputs: [t(2, 3), null, scalar(0.5)] },
  { op: 'Where', inputs: [bool(2, 1), t(3), t(2, 3)] },
];

const layers: Sample[] = [
  { op: 'Conv', inputs: [image, t(4, 3, 3, 3), t(4)], attributes: { ...window, group: 2 } },
  {
    op: 'Conv',
    inputs: [image, t(4, 6, 3, 2)],
    attributes: { auto_pad: 'SAME_LOWER', strides: [2, 2] },
  },
  {
    op: 'Conv',
    inputs: [image, t(4, 6, 3, 2)],
    attributes: { auto_pad: 'VALID', dilations: [2, 3] },
  },
  { op: 'Conv', inputs: [t(1, 3, 10), t(5, 3, 4)], attributes: { strides: [3] } },
  {
    op: 'ConvTranspose',
    inputs: [image, t(6, 2, 3, 3), t(4)],
    attributes: { ...window, group: 2, output_padding: [1, 0] },
  },
  {
    op: 'ConvTranspose',
    inputs: [image, t(6, 2, 3, 3)],
    attributes: { auto_pad: 'SAME_UPPER', strides: [2, 2] },
  },
  {
    op: 'ConvTranspose',
    inputs: [image, t(6, 2, 3, 3)],
    attributes: { output_shape: [19, 17], strides: [2, 2] },
  },
  { op: 'MaxPool', inputs: [image], attributes: window, outputs: 2 },
  { op: 'MaxPool', inputs: [image], attributes: { ...window, ceil_mode: 1 } },
  {
    op: 'MaxPool',
    inputs: [t(1, 2, 6, 6)],
    attributes: { kernel_shape: [2, 2], strides: [3, 3], pads: [1, 1, 1, 1], ceil_mode: 1 },
  },
  {
    op: 'AveragePool',
    inputs: [image],
    attributes: { ...window, ceil_mode: 1, count_include_pad: 1 },
  },
  { op: 'LpPool', inputs: [image], attributes: window },
  ...each('GlobalAveragePool GlobalMaxPool GlobalLpPool', image),
  { op: 'Gemm', inputs: [t(3, 2), t(5, 3), t(5)], attributes: { transA: 1, transB: 1 } },
  { op: 'Gemm', inputs: [t(2, 3), t(3, 5)] },
  { op: 'MatMul', inputs: [t(4, 1, 2, 3), t(5, 3, 6)] },
  { op: 'MatMul', inputs: [t(3), t(5, 3, 6)] },
  { op: 'MatMul', inputs: [t(5, 2, 3), t(3)] },
  { op: 'MatMul', inputs: [t(3), t(3)] },
  { op: 'Einsum', inputs: [t(2, 3, 4), t(2, 4, 5)], attributes: { equation: 'bij, bjk -> bik' } },
  { op: 'Einsum', inputs: [t(2, 3, 4), t(4, 5)], attributes: { equation: '...j,jk->...k' } },
  { op: 'Einsum', inputs: [t(2, 3), t(3, 4)], attributes: { equation: 'zj,ja' } },
  { op: 'Einsum', inputs: [t(2, 3, 4)], attributes: { equation: 'ijk->ki' } },
];

const normalisations: Sample[] = [
  ...each('Hardmax LogSoftmax LpNormalization Softmax', t(2, 3)),
  { op: 'LRN', inputs: [image], attributes: { size: 3 } },
  { op: 'MeanVarianceNormalization', inputs: [image] },
  { op: 'BatchNormalization', inputs: [image, t(6), t(6), t(6), t(6)] },
  {
    op: 'BatchNormalization',
    inputs: [image, t(6), t(6), t(6), t(6)],
    attributes: { training_mode: 1 },
    outputs: 3,
    opset: 15,
  },
  { op: 'InstanceNormalization', inputs: [image, t(6), t(6)] },
  { op: 'GroupNormalization', inputs: [image, t(6), t(6)], attributes: { num_groups: 3 } },
  { op: 'LayerNormalization', inputs: [t(2, 3, 4), t(4), t(4)] },
  { op: 'RMSNormalization', inputs: [t(2, 3, 4), t(4)], opset: 23 },
];

const reductions: Sample[] = [
  ...'ReduceL1 ReduceL2 ReduceLogSum ReduceLogSumExp ReduceMax ReduceMean ReduceMin ReduceProd ReduceSum ReduceSumSquare'
    .split(' ')
    .flatMap((op): Sample[] => [
      { op, inputs: [t(2, 3, 4), [-1, 0]], opset: 18 },
      { op, inputs: [t(2, 3)], opset: 18 },
      ...(op === 'ReduceSum'
        ? []
        : [{ op, inputs: [t(2, 3, 4)], attributes: { axes: [1], keepdims: 0 }, opset: 17 }]),
    ]),
  { op: 'ReduceSum', inputs: [t(2, 3), null], attributes: { noop_with_empty_axes: 1 } },
  { op: 'ReduceProd', inputs: [[3, 4, 5]], attributes: { keepdims: 0 } },
  { op: 'ArgMax', inputs: [t(2, 3, 4)], attributes: { axis: -1, keepdims: 0 } },
  { op: 'ArgMin', inputs: [t(2, 3, 4)] },
  { op: 'CumSum', inputs: [t(2, 3), scalar(1, 'int64')] },
  { op: 'TopK', inputs: [t(2, 7), [5]], outputs: 2 },
];

const layouts: Sample[] = [
  { op: 'Cast', inputs: [vector([1.7, -1.7])], attributes: { to: 7 } },
  { op: 'Cast', inputs: [vector([1.7, 0])], attributes: { to: 9 } },
  { op: 'CastLike', inputs: [vector([1.7, 0]), [1]] },
  { op: 'DepthToSpace', inputs: [t(1, 8, 2, 3)], attributes: { blocksize: 2 } },
  { op: 'SpaceToDepth', inputs: [t(1, 2, 4, 6)], attributes: { blocksize: 2 } },
  { op: 'Dropout', inputs: [t(2, 3)], outputs: 2 },
  { op: 'Flatten', inputs: [t(2, 3, 4)] },
  { op: 'Flatten', inputs: [t(2, 3, 4)], attributes: { axis: -1 } },
  { op: 'Identity', inputs: [t(2, 3)] },
  { op: 'Reshape', inputs: [t(2, 3, 4), [0, -1]] },
  { op: 'Reshape', inputs: [t(2, 0, 4), [2, 0, 4]], attributes: { allowzero: 1 } },
  { op: 'Reshape', inputs: [t(2, 3), [-1]] },
  { op: 'Squeeze', inputs: [t(1, 3, 1)] },
  { op: 'Squeeze', inputs: [t(1, 3, 1), [-1]] },
  { op: 'Squeeze', inputs: [t(1, 3, 1)], attributes: { axes: [0] }, opset: 11 },
  { op: 'Unsqueeze', inputs: [t(2, 3), [0, -1]] },
  { op: 'Unsqueeze', inputs: [t(2, 3)], attributes: { axes: [1] }, opset: 11 },
  { op: 'Transpose', inputs: [t(2, 3, 4)], attributes: { perm: [2, 0, 1] } },
  { op: 'Transpose', inputs: [t(2, 3)] },
];

const selections: Sample[] = [
  { op: 'Concat', inputs: [t(2, 3), t(2, 1), t(2, 2)], attributes: { axis: -1 } },
  { op: 'Concat', inputs: [[1], [2, 3]], attributes: { axis: 0 } },
  { op: 'Gather', inputs: [t(2, 5, 3), [4, -1]], attributes: { axis: 1 } },
  { op: 'Gather', inputs: [[5, 6, 7], scalar(-1, 'int64')] },
  { op: 'GatherElements', inputs: [t(2, 3), { dims: [1, 2], values: [0, 1], type: 'int64' }] },
  {
    op: 'GatherND',
    inputs: [t(2, 3, 4), { dims: [5, 2], values: [0, 1, 0, 2, 1, 1, 0, 0, 1, 2], type: 'int64' }],
  },
  { op: 'ScatterND', inputs: [t(4, 3), { dims: [2, 1], values: [0, 2], type: 'int64' }, t(2, 3)] },
  {
    op: 'ScatterElements',
    inputs: [t(4, 3), { dims: [1, 3], values: [0, 2, 1], type: 'int64' }, t(1, 3)],
  },
  { op: 'Slice', inputs: [t(5, 7, 2), [1, -3], [4, 100], [0, 1]] },
  { op: 'Slice', inputs: [t(5, 7), [-1], [-100], [1], [-2]] },
  { op: 'Slice', inputs: [t(5, 7), [3], [1]] },
  { op: 'Slice', inputs: [t(5, 7)], attributes: { starts: [1], ends: [9], axes: [1] }, opset: 9 },
  { op: 'Split', inputs: [t(2, 7), [3, 4]], attributes: { axis: 1 }, outputs: 2 },
  { op: 'Split', inputs: [t(2, 7)], attributes: { axis: 1, num_outputs: 3 }, outputs: 3 },
  { op: 'Split', inputs: [t(4, 2)], outputs: 2, opset: 11 },
  { op: 'Trilu', inputs: [t(3, 3)] },
];

const extents: Sample[] = [
  { op: 'Expand', inputs: [t(3, 1), [2, 1, 4]] },
  { op: 'Tile', inputs: [t(2, 3), [2, 2]] },
  { op: 'OneHot', inputs: [[1, 2], scalar(5, 'int64'), vector([0, 1])], attributes: { axis: 0 } },
  { op: 'Pad', inputs: [t(2, 3), [1, 0, 2, 1]] },
  { op: 'Pad', inputs: [t(2, 3), [1, 2], null, [1]] },
  { op: 'Pad', inputs: [t(2, 3)], attributes: { pads: [1, 0, 2, 1] }, opset: 10 },
  { op: 'Resize', inputs: [image, null, vector([1, 1, 1.7, 0.5])] },
  { op: 'Resize', inputs: [image, null, null, [1, 6, 5, 4]] },
  { op: 'Resize', inputs: [image, null, vector([2, 2])], attributes: { axes: [2, 3] } },
  { op: 'Resize', inputs: [image, vector([1, 1, 2, 2])], opset: 10 },
  { op: 'Upsample', inputs: [image, vector([1, 1, 2, 2])], opset: 9 },
];

const constants: Sample[] = [
  { op: 'Constant', inputs: [], attributes: { value_int: 3 } },
  { op: 'Constant', inputs: [], attributes: { value_ints: [3, 4] } },
  { op: 'Constant', inputs: [], attributes: { value_float: { float: 0.5 } } },
  { op: 'Constant', inputs: [], attributes: { value_floats: { floats: [0.5, 2] } } },
  { op: 'ConstantOfShape', inputs: [[2, 3]] },
  { op: 'EyeLike', inputs: [t(3, 4)] },
  { op: 'NonZero', inputs: [{ dims: [2, 3], values: [0, 1, 1, 0, 0, 1] }] },
  { op: 'Range', inputs: [scalar(2, 'int64'), scalar(9, 'int64'), scalar(3, 'int64')] },
  { op: 'Shape', inputs: [t(2, 3, 4)] },
  { op: 'Shape', inputs: [t(2, 3, 4)], attributes: { start: -2, end: -1 } },
  { op: 'Size', inputs: [t(2, 3, 4)] },
];

const scale = scalar(0.5);
const zero = scalar(0, 'uint8');
const microsoft = 'com.microsoft';

const quantised: Sample[] = [
  { op: 'QuantizeLinear', inputs: [t(2, 3), scale, scalar(0, 'int8')] },
  { op: 'QuantizeLinear', inputs: [t(2, 3), scale] },
  { op: 'DequantizeLinear', inputs: [int8(2, 3), t(2), int8(2)], attributes: { axis: 0 } },
  { op: 'DynamicQuantizeLinear', inputs: [t(2, 3)], outputs: 3 },
  {
    op: 'QLinearConv',
    inputs: [
      uint8(1, 6, 9, 8),
      scale,
      zero,
      uint8(4, 3, 3, 3),
      scale,
      zero,
      scale,
      zero,
      { dims: [4], type: 'int32' },
    ],
    attributes: { ...window, group: 2 },
  },
  {
    op: 'QLinearMatMul',
    inputs: [uint8(2, 3), scale, zero, uint8(3, 4), scale, zero, scale, zero],
  },
  { op: 'ConvInteger', inputs: [uint8(1, 6, 9, 8), uint8(4, 6, 3, 3)], attributes: window },
  { op: 'MatMulInteger', inputs: [uint8(2, 3), uint8(3, 4)] },
  { op: 'QuantizeLinear', inputs: [t(2, 3), scale, zero], domain: microsoft },
  { op: 'DequantizeLinear', inputs: [uint8(2, 3), scale, zero], domain: microsoft },
  ...['QLinearAdd', 'QLinearMul'].map((op) => ({
    op,
    inputs: [uint8(2, 3), scale, zero, uint8(3), scale, zero, scale, zero],
    domain: microsoft,
  })),
  ...['QLinearLeakyRelu', 'QLinearSigmoid'].map((op) => ({
    op,
    inputs: [uint8(2, 3), scale, zero, scale, zero],
    domain: microsoft,
  })),
  {
    op: 'QLinearSoftmax',
    inputs: [uint8(2, 3), scale, zero, scale, zero],
    attributes: { opset: 13 },
    domain: microsoft,
  },
  {
    op: 'QLinearGlobalAveragePool',
    inputs: [uint8(1, 6, 9, 8), scale, zero, scale, zero],
    domain: microsoft,
  },
  {
    op: 'QLinearConcat',
    inputs: [scale, zero, uint8(2, 3), scale, zero, uint8(2, 1), scale, zero],
    attributes: { axis: -1 },
    domain: microsoft,
  },
  {
    op: 'QGemm',
    inputs: [
      uint8(2, 3),
      scale,
      zero,
      uint8(5, 3),
      scale,
      zero,
      { dims: [5], type: 'int32' },
      scale,
      zero,
    ],
    attributes: { transB: 1 },
    domain: microsoft,
  },
];

const fused: Sample[] = [
  {
    op: 'FusedConv',
    inputs: [image, t(4, 6, 3, 3), t(4)],
    attributes: { ...window, activation: 'Relu' },
    domain: microsoft,
  },
  {
    op: 'FusedGemm',
    inputs: [t(2, 3), t(3, 5), t(5)],
    attributes: { activation: 'Relu' },
    domain: microsoft,
  },
  ...['Gelu', 'QuickGelu'].map((op) => ({ op, inputs: [t(2, 3)], domain: microsoft })),
  ...['BiasGelu', 'FastGelu'].map((op) => ({ op, inputs: [t(2, 3), t(3)], domain: microsoft })),
  {
    op: 'SkipLayerNormalization',
    inputs: [t(2, 3, 4), t(2, 3, 4), t(4), t(4), t(4)],
    domain: microsoft,
  },
];

export const samples: readonly Sample[] = [
  ...elementwise,
  ...layers,
  ...normalisations,
  ...reductions,
  ...layouts,
  ...selections,
  ...extents,
  ...constants,
  ...quantised,
  ...fused,
];
