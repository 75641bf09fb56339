/** The recipes of the cards. */
import type { Recipe } from '../../data/recipe.ts';

/** ImageNet statistics of the RGB channels; the same in every recipe of the page. */
const statistics = {
  mean: [0.485, 0.456, 0.406],
  std: [0.229, 0.224, 0.225],
  channelOrder: 'rgb',
  scale: 1 / 255,
  layout: 'nchw',
} as const satisfies Partial<Recipe>;

/** Bilinear is OpenCV's default and what the page's ResNeXt101_wsl figures were measured with. */
export function linear(resizeShort: number, crop: number): Recipe {
  return { decoder: 'opencv', kernel: 'linear', resizeShort, crop, ...copyOf(statistics) };
}

/** PaddlePaddle/models: EfficientNet resizes to crop + 32 with interpolation 2, which is OpenCV's cubic. */
export function cubic(crop: number): Recipe {
  const resizeShort = crop + 32;
  return { decoder: 'opencv', kernel: 'cubic', resizeShort, crop, ...copyOf(statistics) };
}

function copyOf({ mean, std, ...rest }: typeof statistics) {
  return {
    ...rest,
    mean: [...mean] as [number, number, number],
    std: [...std] as [number, number, number],
  };
}
