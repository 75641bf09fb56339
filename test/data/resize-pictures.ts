/** Pictures and windows drawn at random, for the property tests of the resize kernels. */
import fc from 'fast-check';
import type { CropWindow } from '../../src/data/geometry.ts';
import type { RgbImage } from '../../src/data/resize-tables.ts';

const side = fc.integer({ min: 1, max: 40 });

/** Grain, and black and white dots, which make kernels overshoot and sums fall on halves. */
export const pictures: fc.Arbitrary<RgbImage> = fc
  .tuple(side, side, fc.integer(), fc.boolean())
  .map(([width, height, seed, harsh]) => {
    let state = seed >>> 0;
    const data = Uint8Array.from({ length: width * height * 3 }, () => {
      state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
      return harsh ? (state >>> 31) * 255 : state >>> 24;
    });
    return { width, height, data };
  });

/** The whole of a resized image. */
export const wholes: fc.Arbitrary<CropWindow> = fc
  .tuple(side, side)
  .map(([width, height]) => wholeOf(width, height));

export function wholeOf(width: number, height: number): CropWindow {
  const inside = { left: 0, top: 0, columns: width, rows: height, padLeft: 0, padTop: 0 };
  return { resized: { width, height }, ...inside };
}

/** Part of a window: the cuts are shares of its size. */
export function partOf(whole: CropWindow, cuts: [number, number, number, number]): CropWindow {
  const { width, height } = whole.resized;
  const left = Math.floor(cuts[0] * width);
  const top = Math.floor(cuts[1] * height);
  const columns = 1 + Math.floor(cuts[2] * (width - left));
  const rows = 1 + Math.floor(cuts[3] * (height - top));
  return { ...whole, left, top, columns, rows };
}

export const cuts = fc.tuple(...([0, 0, 0, 0] as const).map(share)) as fc.Arbitrary<
  [number, number, number, number]
>;

function share(): fc.Arbitrary<number> {
  return fc.double({ min: 0, max: 0.999, noNaN: true });
}

/** What a part of the whole resized picture must hold. */
export function sliceOf(whole: ArrayLike<number>, part: CropWindow): number[] {
  const slice: number[] = [];
  for (let y = part.top; y < part.top + part.rows; y++) {
    const start = (y * part.resized.width + part.left) * 3;
    for (let k = 0; k < part.columns * 3; k++) slice.push(whole[start + k]);
  }
  return slice;
}
