/** The peer: what a person writes in an afternoon. One image at a time, batch 1, every library at its defaults. */
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { InferenceSession, Tensor } from 'onnxruntime-node';
import sharp from 'sharp';

const side = 224;
const margin = 16;
const mean = [0.485, 0.456, 0.406];
const std = [0.229, 0.224, 0.225];

/** Shorter side to 256, centre crop of 224, mean and std, channels first. */
async function tensorOf(file: string): Promise<Tensor> {
  const whole = side + 2 * margin;
  const pixels = await sharp(file)
    .resize(whole, whole, { fit: 'cover' })
    .extract({ left: margin, top: margin, width: side, height: side })
    .toColourspace('srgb')
    .removeAlpha()
    .raw()
    .toBuffer();
  const values = new Float32Array(3 * side * side);
  for (let pixel = 0; pixel < side * side; pixel += 1) {
    for (let channel = 0; channel < 3; channel += 1) {
      const byte = pixels[pixel * 3 + channel];
      values[channel * side * side + pixel] = (byte / 255 - mean[channel]) / std[channel];
    }
  }
  return new Tensor('float32', values, [1, 3, side, side]);
}

function bestOf(logits: Float32Array): number {
  return logits.reduce((best, value, index) => (value > logits[best] ? index : best), 0);
}

const [folder, model] = process.argv.slice(2);
const started = performance.now();
const session = await InferenceSession.create(model);
const files = (await readdir(folder)).sort();
const opened = performance.now();
const answers = new Map<string, number>();
for (const file of files) {
  try {
    const input = await tensorOf(join(folder, file));
    const { logits } = await session.run({ input });
    answers.set(file, bestOf(logits.data as Float32Array));
  } catch {
    answers.set(file, -1);
  }
}
const ended = performance.now();
await session.release();
console.log(
  JSON.stringify({
    images: answers.size,
    startUpSeconds: (opened - started) / 1000,
    seconds: (ended - opened) / 1000,
  }),
);
