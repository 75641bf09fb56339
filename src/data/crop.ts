/** From the bytes of an image to the square uint8 crops that models see: one decode, one crop a rule. */
import { rgbOf } from './colour.ts';
import { decode } from './decode.ts';
import { type CropWindow, cropWindow } from './geometry.ts';
import type { CropRule } from './recipe.ts';
import { resizeCubic, resizeLinear } from './resize-opencv.ts';
import { resizeBicubic, resizeBilinear } from './resize-pillow.ts';
import { type RgbImage, rowOf } from './resize-tables.ts';

const kernels = {
  linear: resizeLinear,
  cubic: resizeCubic,
  bilinear: resizeBilinear,
  bicubic: resizeBicubic,
} satisfies Record<CropRule['kernel'], unknown>;

/**
 * One crop a rule, in the order of the rules: crop × crop × 3 bytes, RGB, each with an ArrayBuffer of its own.
 * @throws Undecodable
 */
export async function cropsOf(
  bytes: Buffer,
  rules: readonly CropRule[],
): Promise<Uint8Array<ArrayBuffer>[]> {
  const decoded = await decode(bytes);
  const images = new Map<CropRule['decoder'], RgbImage>();
  return rules.map((rule) => {
    const image = images.get(rule.decoder) ?? rgbOf(decoded, rule.decoder);
    images.set(rule.decoder, image);
    return cropImage(image, rule);
  });
}

/** @param image upright where the rule's decoder makes it so. */
export function cropImage(image: RgbImage, rule: CropRule): Uint8Array<ArrayBuffer> {
  const window = cropWindow(rule, image);
  const { resized, columns, rows } = window;
  const sameSize = resized.width === image.width && resized.height === image.height;
  const taken = sameSize ? copyWindow(image, window) : kernels[rule.kernel](image, window);
  return columns === rule.crop && rows === rule.crop ? taken : pad(taken, window, rule.crop);
}

function copyWindow(image: RgbImage, { left, top, columns, rows }: CropWindow) {
  const out = new Uint8Array(rows * columns * 3);
  for (let y = 0; y < rows; y++) {
    out.set(rowOf(image, top + y).subarray(left * 3, (left + columns) * 3), y * columns * 3);
  }
  return out;
}

function pad(inner: Uint8Array, { columns, rows, padLeft, padTop }: CropWindow, crop: number) {
  const out = new Uint8Array(crop * crop * 3);
  for (let y = 0; y < rows; y++) {
    const row = inner.subarray(y * columns * 3, (y + 1) * columns * 3);
    out.set(row, ((padTop + y) * crop + padLeft) * 3);
  }
  return out;
}
