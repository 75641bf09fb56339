/** The registry: one card for each of the fourteen models of PaddleClas' "EfficientNet and ResNeXt101_wsl Series". */
import type { Recipe } from '../data/recipe.ts';
import type { Architecture } from './architectures/architecture.ts';

/** A fraction as printed with three digits in the model page, and with four where it was first published. */
interface PublishedFigure {
  top1: number;
  top5: number;
}

export interface ModelCard {
  id: string;
  family: 'ResNeXt101_wsl' | 'EfficientNet';
  /** At the recipe's crop it is the model's graph. */
  architecture: Architecture;
  recipe: Recipe;
  classes: number;
  published: PublishedFigure & {
    /** Where the four-digit figures above stand. */
    source: string;
    /** The same figures rounded, as the model page prints them. */
    printed: PublishedFigure & { source: string };
  };
}

/** Four digits, measured 2019 with the recipes below: github.com/PaddlePaddle/models, release/1.7. */
const source = 'PaddlePaddle/models PaddleCV/image_classification/README.md (release/1.7)';
const pageSource = 'PaddleClas docs/en/models/EfficientNet_and_ResNeXt101_wsl_en.md';

/** ImageNet statistics of the RGB channels; the same in every recipe of the page. */
const statistics = {
  mean: [0.485, 0.456, 0.406],
  std: [0.229, 0.224, 0.225],
  channelOrder: 'rgb',
  scale: 1 / 255,
  layout: 'nchw',
} as const satisfies Partial<Recipe>;

/** Bilinear is OpenCV's default and what the page's ResNeXt101_wsl figures were measured with. */
function linear(resizeShort: number, crop: number): Recipe {
  return { decoder: 'opencv', kernel: 'linear', resizeShort, crop, ...copyOf(statistics) };
}

/** PaddlePaddle/models: EfficientNet resizes to crop + 32 with interpolation 2, which is OpenCV's cubic. */
function cubic(crop: number): Recipe {
  return {
    decoder: 'opencv',
    kernel: 'cubic',
    resizeShort: crop + 32,
    crop,
    ...copyOf(statistics),
  };
}

function copyOf({ mean, std, ...rest }: typeof statistics) {
  return {
    ...rest,
    mean: [...mean] as [number, number, number],
    std: [...std] as [number, number, number],
  };
}

/** Mahajan et al., arXiv 1805.00932: ResNeXt-101 with 32 groups of this width. */
function resnext101(widthPerGroup: number): Architecture {
  return { family: 'resnext', blocks: [3, 4, 23, 3], groups: 32, widthPerGroup };
}

/** Width and depth as in the TensorFlow original, which pads SAME. */
function efficientNet(width: number, depth: number): Architecture {
  return { family: 'efficientnet', width, depth, squeezeExcite: true, padding: 'same' };
}

/** PaddlePaddle/models: squeeze and excitation removed, and ordinary convolutions. */
const efficientNetB0Small: Architecture = {
  family: 'efficientnet',
  width: 1,
  depth: 1,
  squeezeExcite: false,
  padding: 'symmetric',
};

interface Row {
  id: string;
  architecture: Architecture;
  recipe: Recipe;
  /** Four digits, then three. */
  top1: [number, number];
  top5: [number, number];
}

function card(
  family: ModelCard['family'],
  { id, architecture, recipe, top1, top5 }: Row,
): ModelCard {
  return {
    id,
    family,
    architecture,
    recipe,
    classes: 1000,
    published: {
      top1: top1[0],
      top5: top5[0],
      source,
      printed: { top1: top1[1], top5: top5[1], source: pageSource },
    },
  };
}

const resnextRows: Row[] = [
  {
    id: 'ResNeXt101_32x8d_wsl',
    architecture: resnext101(8),
    recipe: linear(256, 224),
    top1: [0.8255, 0.826],
    top5: [0.9674, 0.967],
  },
  {
    id: 'ResNeXt101_32x16d_wsl',
    architecture: resnext101(16),
    recipe: linear(256, 224),
    top1: [0.8424, 0.842],
    top5: [0.9726, 0.973],
  },
  {
    id: 'ResNeXt101_32x32d_wsl',
    architecture: resnext101(32),
    recipe: linear(256, 224),
    top1: [0.8497, 0.85],
    top5: [0.9759, 0.976],
  },
  {
    id: 'ResNeXt101_32x48d_wsl',
    architecture: resnext101(48),
    recipe: linear(256, 224),
    top1: [0.8537, 0.854],
    top5: [0.9769, 0.977],
  },
  {
    id: 'Fix_ResNeXt101_32x48d_wsl',
    architecture: resnext101(48),
    recipe: linear(320, 320),
    top1: [0.8626, 0.863],
    top5: [0.9797, 0.98],
  },
];

const efficientNetRows: Row[] = [
  {
    id: 'EfficientNetB0',
    architecture: efficientNet(1, 1),
    recipe: cubic(224),
    top1: [0.7738, 0.774],
    top5: [0.9331, 0.933],
  },
  {
    id: 'EfficientNetB1',
    architecture: efficientNet(1, 1.1),
    recipe: cubic(240),
    top1: [0.7915, 0.792],
    top5: [0.9441, 0.944],
  },
  {
    id: 'EfficientNetB2',
    architecture: efficientNet(1.1, 1.2),
    recipe: cubic(260),
    top1: [0.7985, 0.799],
    top5: [0.9474, 0.947],
  },
  {
    id: 'EfficientNetB3',
    architecture: efficientNet(1.2, 1.4),
    recipe: cubic(300),
    top1: [0.8115, 0.812],
    top5: [0.9541, 0.954],
  },
  {
    id: 'EfficientNetB4',
    architecture: efficientNet(1.4, 1.8),
    recipe: cubic(380),
    top1: [0.8285, 0.829],
    top5: [0.9623, 0.962],
  },
  {
    id: 'EfficientNetB5',
    architecture: efficientNet(1.6, 2.2),
    recipe: cubic(456),
    top1: [0.8362, 0.836],
    top5: [0.9672, 0.967],
  },
  {
    id: 'EfficientNetB6',
    architecture: efficientNet(1.8, 2.6),
    recipe: cubic(528),
    top1: [0.84, 0.84],
    top5: [0.9688, 0.969],
  },
  {
    id: 'EfficientNetB7',
    architecture: efficientNet(2, 3.1),
    recipe: cubic(600),
    top1: [0.843, 0.843],
    top5: [0.9689, 0.969],
  },
  {
    id: 'EfficientNetB0_small',
    architecture: efficientNetB0Small,
    recipe: cubic(224),
    top1: [0.758, 0.758],
    top5: [0.9258, 0.926],
  },
];

/** In the order of the page. */
export const cards: readonly ModelCard[] = [
  ...resnextRows.map((row) => card('ResNeXt101_wsl', row)),
  ...efficientNetRows.map((row) => card('EfficientNet', row)),
];

export function findCard(id: string): ModelCard | undefined {
  return cards.find((known) => known.id === id);
}
