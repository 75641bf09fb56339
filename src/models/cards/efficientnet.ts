/** EfficientNet: Tan and Le, arXiv 1905.11946, and B0_small, which is Baidu's. */
import type { Architecture } from '../architectures/architecture.ts';
import type { Row } from './card.ts';
import { apache, lukemelas, paddle, timm } from './checkpoints.ts';
import { cubic } from './recipes.ts';

/** Width and depth as in the TensorFlow original, which pads SAME. */
function efficientNet(width: number, depth: number): Architecture {
  return { family: 'efficientnet', width, depth, squeezeExcite: true, padding: 'same' };
}

/** PaddlePaddle/models: squeeze and excitation removed, and ordinary convolutions. */
const b0Small: Architecture = {
  family: 'efficientnet',
  width: 1,
  depth: 1,
  squeezeExcite: false,
  padding: 'symmetric',
};

export const efficientNets: readonly Row[] = [
  {
    id: 'EfficientNetB0',
    architecture: efficientNet(1, 1),
    recipe: cubic(224),
    top1: [0.7738, 0.774],
    top5: [0.9331, 0.933],
    reference: [0.773, 0.935],
    flops: 0.72,
    params: 5.1,
    v100: 2.449,
    t4: { fp16: [3.40122, 5.95851, 9.10801], fp32: [3.442, 6.11476, 9.3304] },
    checkpoints: [
      paddle('EfficientNetB0', apache),
      timm('tf_efficientnet_b0.aa_in1k', apache),
      lukemelas('efficientnet-b0', '355c32eb'),
    ],
  },
  {
    id: 'EfficientNetB1',
    architecture: efficientNet(1, 1.1),
    recipe: cubic(240),
    top1: [0.7915, 0.792],
    top5: [0.9441, 0.944],
    reference: [0.792, 0.945],
    flops: 1.27,
    params: 7.52,
    v100: 3.547,
    t4: { fp16: [5.25172, 9.10233, 14.11319], fp32: [5.3322, 9.41795, 14.60388] },
    checkpoints: [
      paddle('EfficientNetB1', apache),
      timm('tf_efficientnet_b1.aa_in1k', apache),
      lukemelas('efficientnet-b1', 'f1951068'),
    ],
  },
  {
    id: 'EfficientNetB2',
    architecture: efficientNet(1.1, 1.2),
    recipe: cubic(260),
    top1: [0.7985, 0.799],
    top5: [0.9474, 0.947],
    reference: [0.803, 0.95],
    flops: 1.85,
    params: 8.81,
    v100: 3.908,
    t4: { fp16: [5.91052, 10.5898, 17.38106], fp32: [6.29351, 10.95702, 17.75308] },
    checkpoints: [
      paddle('EfficientNetB2', apache),
      timm('tf_efficientnet_b2.aa_in1k', apache),
      lukemelas('efficientnet-b2', '8bb594d6'),
    ],
  },
  {
    id: 'EfficientNetB3',
    architecture: efficientNet(1.2, 1.4),
    recipe: cubic(300),
    top1: [0.8115, 0.812],
    top5: [0.9541, 0.954],
    reference: [0.817, 0.956],
    flops: 3.43,
    params: 11.84,
    v100: 5.145,
    t4: { fp16: [7.69582, 16.02548, 27.4447], fp32: [7.67749, 16.53288, 28.5939] },
    checkpoints: [
      paddle('EfficientNetB3', apache),
      timm('tf_efficientnet_b3.aa_in1k', apache),
      lukemelas('efficientnet-b3', '5fb5a3c3'),
    ],
  },
  {
    id: 'EfficientNetB4',
    architecture: efficientNet(1.4, 1.8),
    recipe: cubic(380),
    top1: [0.8285, 0.829],
    top5: [0.9623, 0.962],
    reference: [0.83, 0.963],
    flops: 8.29,
    params: 18.76,
    v100: 7.609,
    t4: { fp16: [11.55585, 29.44261, 53.97363], fp32: [12.15894, 30.94567, 57.38511] },
    checkpoints: [
      paddle('EfficientNetB4', apache),
      timm('tf_efficientnet_b4.aa_in1k', apache),
      lukemelas('efficientnet-b4', '6ed6700e'),
    ],
  },
  {
    id: 'EfficientNetB5',
    architecture: efficientNet(1.6, 2.2),
    recipe: cubic(456),
    top1: [0.8362, 0.836],
    top5: [0.9672, 0.967],
    reference: [0.837, 0.967],
    flops: 19.51,
    params: 29.61,
    v100: 12.078,
    t4: { fp16: [19.63083, 56.52299, null], fp32: [20.48571, 61.60252, null] },
    checkpoints: [
      paddle('EfficientNetB5', apache),
      timm('tf_efficientnet_b5.aa_in1k', apache),
      lukemelas('efficientnet-b5', 'b6417697'),
    ],
  },
  {
    id: 'EfficientNetB6',
    architecture: efficientNet(1.8, 2.6),
    recipe: cubic(528),
    top1: [0.84, 0.84],
    top5: [0.9688, 0.969],
    reference: [0.842, 0.968],
    flops: 36.27,
    params: 42,
    exceptions: [
      {
        figure: 'flops',
        reason: 'the rule gives 36.37 G: the page is 0.10 less, which looks like a slip',
      },
    ],
    v100: 18.381,
    t4: { fp16: [30.05911, null, null], fp32: [32.62402, null, null] },
    checkpoints: [
      paddle('EfficientNetB6', apache),
      timm('tf_efficientnet_b6.aa_in1k', apache),
      lukemelas('efficientnet-b6', 'c76e70fd'),
    ],
  },
  {
    id: 'EfficientNetB7',
    architecture: efficientNet(2, 3.1),
    recipe: cubic(600),
    top1: [0.843, 0.843],
    top5: [0.9689, 0.969],
    reference: [0.844, 0.971],
    flops: 72.35,
    params: 64.92,
    v100: 27.817,
    t4: { fp16: [47.86087, null, null], fp32: [53.93823, null, null] },
    checkpoints: [
      paddle('EfficientNetB7', apache),
      timm('tf_efficientnet_b7.aa_in1k', apache),
      lukemelas('efficientnet-b7', 'dcc49843'),
    ],
  },
  {
    id: 'EfficientNetB0_small',
    architecture: b0Small,
    recipe: cubic(224),
    top1: [0.758, 0.758],
    top5: [0.9258, 0.926],
    reference: null,
    flops: 0.72,
    params: 4.65,
    exceptions: [
      {
        figure: 'flops',
        reason: 'the rule gives 0.71 G: the page repeats the figure of EfficientNetB0',
      },
      { figure: 'params', reason: 'the rule gives 4.47 M: the page has the true number' },
    ],
    v100: 1.692,
    t4: { fp16: [2.39166, 4.36748, 6.96002], fp32: [2.3076, 4.71886, 7.21888] },
    checkpoints: [paddle('EfficientNetB0_small', apache)],
  },
];
