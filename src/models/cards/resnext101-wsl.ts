/** ResNeXt101_wsl: Mahajan et al., arXiv 1805.00932; its last row with the Fix strategy of arXiv 1906.06423. */
import type { Architecture } from '../architectures/architecture.ts';
import type { Row } from './card.ts';
import { facebook, fixRes, nonCommercial, paddle, timm } from './checkpoints.ts';
import { linear } from './recipes.ts';

/** ResNeXt-101 with 32 groups of this width. */
function resnext101(widthPerGroup: number): Architecture {
  return { family: 'resnext', blocks: [3, 4, 23, 3], groups: 32, widthPerGroup };
}

export const resnext101Wsl: readonly Row[] = [
  {
    id: 'ResNeXt101_32x8d_wsl',
    architecture: resnext101(8),
    recipe: linear(256, 224),
    top1: [0.8255, 0.826],
    top5: [0.9674, 0.967],
    reference: [0.822, 0.964],
    flops: 29.14,
    params: 78.44,
    v100: 19.127,
    t4: { fp16: [18.19374, 21.93529, 34.67802], fp32: [18.52528, 34.25319, 67.2283] },
    checkpoints: [
      paddle('ResNeXt101_32x8d_wsl', nonCommercial),
      facebook('ig_resnext101_32x8', 'c38310e5'),
      timm('resnext101_32x8d.fb_wsl_ig1b_ft_in1k', nonCommercial),
    ],
  },
  {
    id: 'ResNeXt101_32x16d_wsl',
    architecture: resnext101(16),
    recipe: linear(256, 224),
    top1: [0.8424, 0.842],
    top5: [0.9726, 0.973],
    reference: [0.842, 0.972],
    flops: 57.55,
    params: 152.66,
    v100: 23.629,
    t4: { fp16: [18.52609, 36.8288, 62.79947], fp32: [25.60395, 71.88384, 137.62327] },
    checkpoints: [
      // PaddleClas' code spells the file without the d, its documents with it.
      paddle('ResNeXt101_32x16_wsl', nonCommercial),
      paddle('ResNeXt101_32x16d_wsl', nonCommercial),
      facebook('ig_resnext101_32x16', 'c6f796b0'),
      timm('resnext101_32x16d.fb_wsl_ig1b_ft_in1k', nonCommercial),
    ],
  },
  {
    id: 'ResNeXt101_32x32d_wsl',
    architecture: resnext101(32),
    recipe: linear(256, 224),
    top1: [0.8497, 0.85],
    top5: [0.9759, 0.976],
    reference: [0.851, 0.975],
    flops: 115.17,
    params: 303.11,
    v100: 40.214,
    t4: { fp16: [33.51391, 70.09682, 125.81884], fp32: [54.87396, 160.04337, 316.17718] },
    checkpoints: [
      paddle('ResNeXt101_32x32d_wsl', nonCommercial),
      facebook('ig_resnext101_32x32', 'e4b90b00'),
      timm('resnext101_32x32d.fb_wsl_ig1b_ft_in1k', nonCommercial),
    ],
  },
  {
    id: 'ResNeXt101_32x48d_wsl',
    architecture: resnext101(48),
    recipe: linear(256, 224),
    top1: [0.8537, 0.854],
    top5: [0.9769, 0.977],
    reference: [0.854, 0.976],
    flops: 173.58,
    params: 456.2,
    v100: 59.714,
    t4: { fp16: [50.97681, 137.60926, 190.82628], fp32: [99.01698256, 315.91261, 551.83695] },
    checkpoints: [
      paddle('ResNeXt101_32x48d_wsl', nonCommercial),
      facebook('ig_resnext101_32x48', '3e41cc8a'),
      timm('resnext101_32x48d.fb_wsl_ig1b_ft_in1k', nonCommercial),
    ],
  },
  {
    id: 'Fix_ResNeXt101_32x48d_wsl',
    architecture: resnext101(48),
    recipe: linear(320, 320),
    top1: [0.8626, 0.863],
    top5: [0.9797, 0.98],
    reference: [0.864, 0.98],
    flops: 354.23,
    params: 456.2,
    v100: 82.431,
    t4: { fp16: [78.62869, 191.76039, 317.15436], fp32: [160.0838242, 595.99296, 1151.47384] },
    checkpoints: [
      paddle('Fix_ResNeXt101_32x48d_wsl', nonCommercial),
      fixRes('ResNext101_32x48d_v2'),
      fixRes('ResNeXt_101_32x48d'),
    ],
  },
];
