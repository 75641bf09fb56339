/** CPU milliseconds an image takes from bytes to tensor, step by step, on a 500×375 JPEG and a 224 crop of 256. */
import { normaliser } from '../src/data/batch.ts';
import { rgbOf } from '../src/data/colour.ts';
import { cropImage } from '../src/data/crop.ts';
import { decode, decoderVersion, encodeJpeg, setDecodeConcurrency } from '../src/data/decode.ts';
import type { CropRule } from '../src/data/recipe.ts';

const width = 500;
const height = 375;
const rules: CropRule[] = [
  { decoder: 'opencv', kernel: 'linear', resizeShort: 256, crop: 224 },
  { decoder: 'opencv', kernel: 'cubic', resizeShort: 256, crop: 224 },
  { decoder: 'pillow', kernel: 'bilinear', resizeShort: 256, crop: 224 },
  { decoder: 'pillow', kernel: 'bicubic', resizeShort: 256, crop: 224 },
];
const imageNet = {
  crop: 224,
  mean: [0.485, 0.456, 0.406] as [number, number, number],
  std: [0.229, 0.224, 0.225] as [number, number, number],
  scale: 1 / 255,
  channelOrder: 'rgb' as const,
  layout: 'nchw' as const,
};

/** Smooth waves with grain: about the entropy of a photograph. */
function drawPicture(): Uint8Array {
  let seed = 1;
  return Uint8Array.from({ length: width * height * 3 }, (_, k) => {
    seed = (Math.imul(seed, 1664525) + 1013904223) >>> 0;
    const pixel = Math.floor(k / 3);
    const wave = Math.sin((pixel % width) / (9 + (k % 3))) + Math.cos(pixel / width / 17);
    return 128 + 50 * wave + (seed / 2 ** 32 - 0.5) * 40;
  });
}

/** The least CPU time of several rounds, in milliseconds an image. */
async function measure(step: () => unknown): Promise<number> {
  const images = 50;
  const rounds: number[] = [];
  for (let round = 0; round < 8; round++) {
    const before = process.cpuUsage();
    for (let k = 0; k < images; k++) await step();
    const { user, system } = process.cpuUsage(before);
    rounds.push((user + system) / 1000 / images);
  }
  return Math.min(...rounds);
}

setDecodeConcurrency(1);
const jpeg = await encodeJpeg(drawPicture(), { width, height, quality: 90 });
const decoded = await decode(jpeg);
const decodeMs = await measure(() => decode(jpeg));
const report = (name: string, ms: number) =>
  console.log(
    `${name.padEnd(24)} ${ms.toFixed(2)} ms  ${(ms / decodeMs).toFixed(2)} of the decode`,
  );

console.log(`${decoderVersion}, Node ${process.version}, JPEG of ${jpeg.length} bytes`);
report('decode', decodeMs);
for (const rule of rules) {
  const image = rgbOf(decoded, rule.decoder);
  report(`${rule.decoder} ${rule.kernel}`, await measure(() => cropImage(image, rule)));
}
const crop = cropImage(rgbOf(decoded, 'opencv'), rules[0]);
const batch = new Float32Array(3 * 224 * 224);
const normalise = normaliser(imageNet);
report('normalise', await measure(() => normalise(crop, batch, 0)));
