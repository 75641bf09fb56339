/** Writes the synthetic set: images shaped like ImageNet's, a labelled list and the names of the classes. */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { isSystemError, TopfiveError } from '../errors.ts';
import { makeFolder } from '../storage/make-folder.ts';
import { encodeJpeg, encodePng } from './decode.ts';
import { createRandom } from './random.ts';
import { syntheticClasses } from './synthetic-classes.ts';
import { type Picture, pictureAt } from './synthetic-pictures.ts';
import { type Canvas, renderCanvas } from './synthetic-render.ts';

/** The streams of random numbers of the two splits are apart. */
export const splits = { train: 1, val: 2 } as const;

export interface SyntheticOptions {
  /** Receives `val/` (or `train/`), `val_list.txt` and `class_names.txt`. */
  directory: string;
  images: number;
  seed: number;
  split: keyof typeof splits;
  onProgress?: (written: number) => void;
}

export interface SyntheticDataset {
  /** The folder of the images. */
  uri: string;
  /** The list: `ILSVRC2012_val_00000001.JPEG 317` on each line. */
  labels: string;
  /** One class name on each line, in class order. */
  classNames: string;
}

/** Shorter side in pixels of the drawing; enlarged, it becomes the photograph. */
export const canvasSide = 72;

/** Images in the making at once; their encoding runs beside the drawing. */
const together = 8;

/** The same seed and split give the same files. @throws TopfiveError `output` when they cannot be written. */
export async function writeSyntheticDataset(options: SyntheticOptions): Promise<SyntheticDataset> {
  const { directory, images, split } = options;
  const uri = join(directory, split);
  const labels = join(directory, `${split}_list.txt`);
  const classNames = join(directory, 'class_names.txt');
  try {
    await makeFolder(uri);
    await writeImages(uri, options);
    const lines = Array.from({ length: images }, (_, index) => {
      const { label } = pictureAt(index, { seed: options.seed, split: splits[split] });
      return `${fileNameAt(index, split)} ${label}\n`;
    });
    await writeFile(labels, lines.join(''));
    await writeFile(classNames, syntheticClasses.map(({ name }) => `${name}\n`).join(''));
  } catch (error) {
    throw asOutputError(error, directory);
  }
  return { uri, labels, classNames };
}

/** An error of the file system that a better folder would mend, as a TopfiveError; any other error as it is. */
export function asOutputError(error: unknown, directory: string): unknown {
  return isSystemError(error, 'EACCES', 'EROFS', 'ENOTDIR', 'EEXIST', 'ENOSPC')
    ? new TopfiveError(
        'output',
        `The synthetic set could not be written to ${directory}: give a folder that can be written and has room.`,
        { cause: error },
      )
    : error;
}

function fileNameAt(index: number, split: keyof typeof splits): string {
  return `ILSVRC2012_${split}_${String(index + 1).padStart(8, '0')}.JPEG`;
}

async function writeImages(
  folder: string,
  { images, seed, split, onProgress }: SyntheticOptions,
): Promise<void> {
  let next = 0;
  let written = 0;
  const writeOnes = async () => {
    while (next < images) {
      const index = next;
      next += 1;
      const bytes = await encodedAt(index, { seed, split: splits[split] });
      await writeFile(join(folder, fileNameAt(index, split)), bytes);
      written += 1;
      onProgress?.(written);
    }
  };
  await Promise.all(Array.from({ length: together }, writeOnes));
}

/** The bytes of one file of the set. */
async function encodedAt(
  index: number,
  stream: { seed: number; split: number },
): Promise<Uint8Array> {
  const picture = pictureAt(index, stream);
  const canvas = drawPicture(picture, index, stream);
  const pixels = picture.grey ? lumaOf(canvas.rgb) : canvas.rgb;
  const { width, height } = picture;
  const size = { width: canvas.width, height: canvas.height, resizeTo: { width, height } };
  if (picture.kind === 'png') {
    return encodePng(pixels, size);
  }
  const { quality, chromaSubsampling, progressive } = picture;
  const jpeg = await encodeJpeg(pixels, { ...size, quality, chromaSubsampling, progressive });
  if (picture.kind === 'rotated') {
    return withOrientation(jpeg, 6);
  }
  return picture.kind === 'truncated' ? jpeg.subarray(0, Math.floor(jpeg.length * 0.6)) : jpeg;
}

function drawPicture(
  picture: Picture,
  index: number,
  { seed, split }: { seed: number; split: number },
): Canvas {
  const turned = picture.kind === 'rotated';
  const [width, height] = turned
    ? [picture.height, picture.width]
    : [picture.width, picture.height];
  const scale = canvasSide / Math.min(width, height);
  const canvas = renderCanvas(picture.label, {
    width: Math.round(width * scale),
    height: Math.round(height * scale),
    random: createRandom(seed, split, index, 3),
  });
  return turned ? turnLeft(canvas) : canvas;
}

/** Luma of ITU-R BT.601, as JPEG has it: one byte a pixel. */
function lumaOf(rgb: Uint8Array): Uint8Array {
  return Uint8Array.from({ length: rgb.length / 3 }, (_, pixel) => {
    const [red, green, blue] = rgb.subarray(pixel * 3, pixel * 3 + 3);
    return Math.round(0.299 * red + 0.587 * green + 0.114 * blue);
  });
}

/** A quarter turn to the left, which EXIF orientation 6 turns back. */
function turnLeft({ width, height, rgb }: Canvas): Canvas {
  const turned = new Uint8Array(rgb.length);
  for (let y = 0; y < height; y += 1) {
    for (let x = 0; x < width; x += 1) {
      const from = (y * width + x) * 3;
      turned.set(rgb.subarray(from, from + 3), ((width - 1 - x) * height + y) * 3);
    }
  }
  return { width: height, height: width, rgb: turned };
}

/** Puts an EXIF segment with one entry, the orientation, behind the start marker (EXIF 2.3, TIFF 6.0). */
function withOrientation(jpeg: Uint8Array, orientation: number): Uint8Array {
  const entry = [0x12, 0x01, 3, 0, 1, 0, 0, 0, orientation, 0, 0, 0];
  const tiff = [0x49, 0x49, 42, 0, 8, 0, 0, 0, 1, 0, ...entry, 0, 0, 0, 0];
  const body = [...Buffer.from('Exif\0\0'), ...tiff];
  const segment = [0xff, 0xe1, 0, body.length + 2, ...body];
  return Buffer.concat([jpeg.subarray(0, 2), Buffer.from(segment), jpeg.subarray(2)]);
}
