/** Draws one image of a synthetic class: a pattern in poor light, at a random place, with noise and things in front. */

import type { Random } from './random.ts';
import { syntheticClasses } from './synthetic-classes.ts';

export interface Canvas {
  width: number;
  height: number;
  /** height × width × 3, RGB. */
  rgb: Uint8Array;
}

/** How far an image strays from its class; it decides how hard the set is. */
const stray = {
  colour: 12,
  periods: 0.07,
  radians: 0.08,
  light: 0.22,
  slope: 0.25,
  noise: 20,
  blobs: 3,
} as const;

interface Scene {
  colour: number[];
  ground: number[];
  pattern: (x: number, y: number) => number;
  /** Cell units a pixel along the rotated axes. */
  cos: number;
  sin: number;
  shift: [number, number];
  contrast: number;
  light: number;
  slope: [number, number];
  blobs: Blob[];
}

interface Blob {
  x: number;
  y: number;
  radius: number;
  colour: number[];
}

/** The same class, size and random stream give the same pixels. */
export function renderCanvas(
  label: number,
  { width, height, random }: { width: number; height: number; random: Random },
): Canvas {
  const scene = drawScene(label, { width, height, random });
  const shares = patternShares(scene, { width, height });
  const rgb = new Uint8Array(width * height * 3);
  for (const [channel, ground] of scene.ground.entries()) {
    const span = scene.colour[channel] - ground;
    for (let pixel = 0; pixel < shares.length; pixel += 1) {
      rgb[pixel * 3 + channel] = clamp(ground + span * shares[pixel]);
    }
  }
  for (const blob of scene.blobs) {
    paintBlob({ width, height, rgb }, blob);
  }
  shine({ width, height, rgb }, { scene, random });
  return { width, height, rgb };
}

/** Share of the class's colour at each pixel: the pattern with its edges sharpened. */
function patternShares(
  { pattern, cos, sin, shift, contrast }: Scene,
  { width, height }: { width: number; height: number },
): Float64Array {
  const shares = new Float64Array(width * height);
  for (let y = 0; y < height; y += 1) {
    for (let x = 0; x < width; x += 1) {
      const value = pattern(cos * x - sin * y + shift[0], sin * x + cos * y + shift[1]);
      shares[y * width + x] = Math.max(0, Math.min(1, 0.5 + contrast * value));
    }
  }
  return shares;
}

function paintBlob({ width, height, rgb }: Canvas, { x, y, radius, colour }: Blob): void {
  for (let row = Math.max(0, Math.ceil(y - radius)); row < Math.min(height, y + radius); row += 1) {
    const half = Math.sqrt(radius ** 2 - (row - y) ** 2);
    for (let at = Math.max(0, Math.ceil(x - half)); at < Math.min(width, x + half); at += 1) {
      rgb.set(colour, (row * width + at) * 3);
    }
  }
}

/** Light that falls off across the image, and noise that is the same in all channels. */
function shine(
  { width, height, rgb }: Canvas,
  { scene: { light, slope }, random }: { scene: Scene; random: Random },
): void {
  for (let y = 0; y < height; y += 1) {
    const rowLight = light + slope[1] * (y / height - 0.5);
    for (let x = 0; x < width; x += 1) {
      const pixelLight = rowLight + slope[0] * (x / width - 0.5);
      const noise = (random.next() + random.next() - 1) * stray.noise;
      const place = (y * width + x) * 3;
      rgb[place] = clamp(rgb[place] * pixelLight + noise);
      rgb[place + 1] = clamp(rgb[place + 1] * pixelLight + noise);
      rgb[place + 2] = clamp(rgb[place + 2] * pixelLight + noise);
    }
  }
}

function clamp(value: number): number {
  return Math.max(0, Math.min(value, 255));
}

function drawScene(
  label: number,
  { width, height, random }: { width: number; height: number; random: Random },
): Scene {
  const { colour, pattern, periods } = syntheticClasses[label];
  const around = (spread: number) => random.between(-spread, spread);
  const short = Math.min(width, height);
  const cells = (periods * Math.exp(around(stray.periods) + around(stray.periods))) / short;
  const angle = around(stray.radians);
  const grey = random.between(60, 190);
  return {
    colour: colour.map((value) => value + around(stray.colour) + around(stray.colour)),
    ground: [0, 1, 2].map(() => grey + around(30)),
    pattern,
    cos: Math.cos(angle) * cells,
    sin: Math.sin(angle) * cells,
    shift: [around(0.5) - (width / 2) * cells, around(0.5) - (height / 2) * cells],
    contrast: random.between(0.8, 1.2),
    light: 1 + around(stray.light),
    slope: [around(stray.slope), around(stray.slope)],
    blobs: Array.from({ length: random.below(stray.blobs + 1) }, () => ({
      x: random.between(0, width),
      y: random.between(0, height),
      radius: short * random.between(0.05, 0.2),
      colour: [0, 1, 2].map(() => random.between(0, 255)),
    })),
  };
}
