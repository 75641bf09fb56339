/** A dataset of plain colours with a tiny model that answers by colour: every count of a run is known beforehand. */
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { encodePng } from '../../src/data/decode.ts';
import { tinyColour, tinyModel } from '../models/tiny-model.ts';

export const classes = 10;
export const images = 40;
/** Labels of these images are not the colour's class. */
const mislabelled = 7;
export const correct = images - mislabelled;

const recipe =
  '{ decoder: pillow, resizeShort: 24, kernel: bilinear, crop: 20, mean: [0.5, 0.5, 0.5], std: [0.25, 0.25, 0.25] }';

/** Writes `val/`, `val_list.txt`, `tiny.onnx` and `spec.yaml`, with four shards and two models. */
export async function writeSmallSet(directory: string): Promise<void> {
  await mkdir(join(directory, 'val'), { recursive: true });
  const lines: string[] = [];
  for (let index = 0; index < images; index += 1) {
    const colour = index % classes;
    const name = `image-${String(index).padStart(3, '0')}.png`;
    await writeFile(join(directory, 'val', name), await plainImage(colour));
    lines.push(`${name} ${index < mislabelled ? (colour + 1) % classes : colour}`);
  }
  await writeFile(join(directory, 'val_list.txt'), `${lines.join('\n')}\n`);
  await writeFile(join(directory, 'tiny.onnx'), tinyModel({ side: 20, classes }));
  await writeFile(join(directory, 'spec.yaml'), specText());
}

export function specText(more = ''): string {
  return `version: 1
name: small
dataset: { uri: ./val, labels: ./val_list.txt }
models:
  - { id: tiny, onnx: ./tiny.onnx, recipe: ${recipe} }
  - { id: again, onnx: ./tiny.onnx, recipe: ${recipe} }
batchSize: 4
shardSize: 10
${more}`;
}

/** The colour that the model knows best for a class: the inverse of the recipe's mean and std. */
async function plainImage(colour: number): Promise<Uint8Array> {
  const size = { width: 40, height: 30 };
  const pixel = tinyColour(colour).map((value) => Math.round((value * 0.25 + 0.5) * 255));
  const rgb = Uint8Array.from({ length: size.width * size.height * 3 }, (_, at) => pixel[at % 3]);
  return encodePng(rgb, size);
}
