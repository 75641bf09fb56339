/** Sizes and crop windows: which pixels of which resized image a crop rule takes. */
import { TopfiveError } from '../errors.ts';
import type { CropRule } from './recipe.ts';

/** In pixels. */
export interface Size {
  width: number;
  height: number;
}

/** A square crop of a resized image, in pixels. What lies outside the resized image is black. */
export interface CropWindow {
  /** Size of the whole resized image. */
  resized: Size;
  /** First column and row taken from the resized image. */
  left: number;
  top: number;
  /** Columns and rows taken; less than the crop only where the resized image is smaller. */
  columns: number;
  rows: number;
  /** Black columns and rows before them. */
  padLeft: number;
  padTop: number;
}

/** The window of a rule on an image of the given size (after EXIF orientation, where the decoder applies it). */
export function cropWindow(rule: CropRule, source: Size): CropWindow {
  return rule.decoder === 'opencv' ? paddleWindow(rule, source) : torchvisionWindow(rule, source);
}

/**
 * PaddleClas `ResizeImage(resize_short)` and `CropImage`: both sides rounded, the odd pixel right and bottom.
 * @throws TopfiveError where the crop is larger than the short side: PaddleClas slices from a negative start there,
 * which yields no crop of the asked size.
 */
function paddleWindow({ resizeShort, crop }: CropRule, { width, height }: Size): CropWindow {
  if (crop > resizeShort) {
    throw new TopfiveError(
      'spec',
      `With decoder opencv the crop must not exceed resizeShort, but the recipe crops ${crop} from ${resizeShort}; raise resizeShort or use decoder pillow, which pads.`,
    );
  }
  const percent = resizeShort / Math.min(width, height);
  const resized = {
    width: roundHalfEven(width * percent),
    height: roundHalfEven(height * percent),
  };
  return {
    resized,
    left: Math.floor((resized.width - crop) / 2),
    top: Math.floor((resized.height - crop) / 2),
    columns: crop,
    rows: crop,
    padLeft: 0,
    padTop: 0,
  };
}

/** torchvision `Resize(int)` and `CenterCrop`: the long side truncated, the crop start rounded, small images padded. */
function torchvisionWindow({ resizeShort, crop }: CropRule, { width, height }: Size): CropWindow {
  const long = (side: number, short: number) => Math.trunc((resizeShort * side) / short);
  const resized =
    width <= height
      ? { width: resizeShort, height: long(height, width) }
      : { width: long(width, height), height: resizeShort };
  const across = centreCrop(resized.width, crop);
  const down = centreCrop(resized.height, crop);
  return {
    resized,
    left: across.start,
    top: down.start,
    columns: across.taken,
    rows: down.taken,
    padLeft: across.pad,
    padTop: down.pad,
  };
}

function centreCrop(side: number, crop: number): { start: number; taken: number; pad: number } {
  return side < crop
    ? { start: 0, taken: side, pad: Math.floor((crop - side) / 2) }
    : { start: roundHalfEven((side - crop) / 2), taken: crop, pad: 0 };
}

/** Rounds to the nearest integer, halves to the even one: Python's `round`, OpenCV's `cvRound`. */
export function roundHalfEven(value: number): number {
  const below = Math.floor(value);
  const rest = value - below;
  if (rest !== 0.5) return rest < 0.5 ? below : below + 1;
  return below % 2 === 0 ? below : below + 1;
}
