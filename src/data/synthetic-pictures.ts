/** What file each image of the synthetic set becomes: its label, size and encoding, drawn as ImageNet's are. */

import { createRandom, permutation, type Random } from './random.ts';
import { syntheticClasses } from './synthetic-classes.ts';

export interface Picture {
  label: number;
  /** Size of the file's image in pixels, before any EXIF orientation. */
  width: number;
  height: number;
  quality: number;
  chromaSubsampling: '4:2:0' | '4:4:4';
  progressive: boolean;
  /** No colour, as one in fifty photographs. */
  grey: boolean;
  /** `png`: a PNG named .JPEG, as ImageNet has one; `rotated`: upright only after EXIF orientation 6. */
  kind: 'jpeg' | 'png' | 'rotated' | 'truncated';
}

/** Share, width, height: ImageNet's commonest sizes; the mean is about 500 × 400. */
const sizes: readonly [number, number, number][] = [
  [0.44, 500, 375],
  [0.13, 375, 500],
  [0.12, 500, 333],
  [0.05, 333, 500],
  [0.04, 500, 500],
  [0.04, 400, 300],
  [0.03, 640, 480],
  [0.02, 1024, 768],
  [0.01, 1600, 1200],
];

/** The image at `index` depends on seed, split and index only, so a longer set begins with the shorter one. */
export function pictureAt(
  index: number,
  { seed, split }: { seed: number; split: number },
): Picture {
  const random = createRandom(seed, split, index, 1);
  const [width, height] = drawSize(random);
  return {
    label: labelAt(index, { seed, split }),
    width,
    height,
    quality: Math.round(random.between(75, 96)),
    chromaSubsampling: random.next() < 0.9 ? '4:2:0' : '4:4:4',
    progressive: random.next() < 0.03,
    grey: random.next() < 0.02,
    kind: kindAt(index),
  };
}

/** Every thousand images hold each class once, in an order of their own. */
function labelAt(index: number, { seed, split }: { seed: number; split: number }): number {
  const classes = syntheticClasses.length;
  return orderOf(Math.floor(index / classes), { seed, split })[index % classes];
}

const orders = new Map<string, number[]>();

function orderOf(block: number, { seed, split }: { seed: number; split: number }): number[] {
  const name = `${seed} ${split} ${block}`;
  const order =
    orders.get(name) ?? permutation(syntheticClasses.length, createRandom(seed, split, block, 2));
  orders.set(name, order);
  return order;
}

/** One damaged file in all, and a few that only look odd. */
function kindAt(index: number): Picture['kind'] {
  if (index === 61) {
    return 'truncated';
  }
  if (index % 500 === 23) {
    return 'png';
  }
  return index % 200 === 42 ? 'rotated' : 'jpeg';
}

/** A common size, or else any between 200 and 700 pixels a side. */
function drawSize(random: Random): [number, number] {
  let place = random.next();
  for (const [share, width, height] of sizes) {
    place -= share;
    if (place < 0) {
      return [width, height];
    }
  }
  return [Math.round(random.between(200, 700)), Math.round(random.between(200, 700))];
}
