/** Encoded images in, raw pixels out, and back; drawings to pixels; the only import of sharp. */
import sharp, { type Sharp } from 'sharp';
import { messageOf } from '../errors.ts';
import type { Orientation } from './exif.ts';
import { type ImageHeader, readHeader } from './image-header.ts';
import { Undecodable } from './undecodable.ts';

export { Undecodable } from './undecodable.ts';

/** The stored image, neither turned nor colour managed; enough for both decoder semantics. */
export type Decoded = {
  width: number;
  height: number;
  /** EXIF orientation, not yet applied. */
  orientation: Orientation;
} & (
  | { kind: 'rgb'; data: Uint8Array }
  /** Four bytes a pixel, 0 for no ink: the inversion that JPEG files carry is undone. */
  | { kind: 'cmyk'; data: Uint8Array }
  /** One value a pixel, 0 to 65535. */
  | { kind: 'gray16'; data: Uint16Array }
);

/** Beyond this Pillow refuses an image as a decompression bomb. */
const maxPixels = 178_956_970;

// Every image is decoded once, so libvips' cache would only hold memory.
sharp.cache(false);

/** e.g. `sharp 0.35.5, libvips 8.18.7`. */
export const decoderVersion = `sharp ${sharp.versions.sharp}, libvips ${sharp.versions.vips}`;

/** Threads that libvips uses for one image; images in parallel come from the callers. */
export function setDecodeConcurrency(threads: number): void {
  sharp.concurrency(threads);
}

/**
 * Decodes a JPEG, PNG or WebP image, told by its content.
 * Damage that leaves every pixel in place, or that OpenCV and Pillow conceal alike, is accepted; a file that ends
 * before its last pixel is not.
 * @throws Undecodable
 */
export async function decode(bytes: Buffer): Promise<Decoded> {
  const { format, kind, orientation } = readHeader(bytes);
  try {
    const pipeline = sharp(bytes, {
      failOn: 'truncated',
      ignoreIcc: true,
      limitInputPixels: maxPixels,
      // Without it libvips gives up at the hundredth warning.
      unlimited: format === 'jpeg',
    });
    const { data, info } = await rawOf(pipeline, kind).toBuffer({ resolveWithObject: true });
    const { width, height } = info;
    expectBytes(data.length, { width, height, kind });
    const { buffer, byteOffset, length } = data;
    return kind === 'gray16'
      ? { width, height, orientation, kind, data: new Uint16Array(buffer, byteOffset, length / 2) }
      : { width, height, orientation, kind, data: new Uint8Array(buffer, byteOffset, length) };
  } catch (error) {
    if (error instanceof Undecodable) throw error;
    throw new Undecodable(reasonOf(error, format), { cause: error });
  }
}

function rawOf(pipeline: Sharp, kind: Decoded['kind']): Sharp {
  switch (kind) {
    case 'rgb':
      return pipeline.removeAlpha().raw();
    case 'cmyk':
      return pipeline.pipelineColourspace('cmyk').toColourspace('cmyk').raw();
    case 'gray16':
      return pipeline.removeAlpha().toColourspace('grey16').raw({ depth: 'ushort' });
  }
}

const bytesPerPixel = { rgb: 3, cmyk: 4, gray16: 2 };

function expectBytes(arrived: number, image: Pick<Decoded, 'width' | 'height' | 'kind'>): void {
  const expected = image.width * image.height * bytesPerPixel[image.kind];
  if (arrived !== expected) {
    throw new Undecodable(
      `libvips gave ${arrived} bytes for ${image.width}×${image.height} pixels, where ${expected} were expected`,
    );
  }
}

function reasonOf(error: unknown, format: ImageHeader['format']): string {
  const message = messageOf(error).trim().split('\n').at(-1)!;
  const name = { jpeg: 'JPEG', png: 'PNG', webp: 'WebP' }[format];
  if (/premature end|libpng read error/.test(message)) {
    return `the ${name} data ends early or is broken`;
  }
  if (/exceeds pixel limit/.test(message)) return `more than ${maxPixels} pixels`;
  return `broken ${name} data (${message})`;
}

/** Raw pixels to encode, and the size to give them first. */
interface RawPicture {
  /** Of `pixels`. */
  width: number;
  height: number;
  /** Enlarged or shrunk to exactly this size before encoding; the encoder's own kernel, not a recipe's. */
  resizeTo?: { width: number; height: number };
}

interface JpegOptions extends RawPicture {
  /** 1 to 100; 90 unless told. */
  quality?: number;
  /** 4:2:0 unless told. */
  chromaSubsampling?: '4:2:0' | '4:4:4';
  progressive?: boolean;
}

/** @param pixels interleaved, one byte a value: RGB, or gray with a third of the bytes. */
export function encodeJpeg(pixels: Uint8Array, options: JpegOptions): Promise<Buffer> {
  const { quality = 90, chromaSubsampling = '4:2:0', progressive = false } = options;
  return fromRaw(pixels, options).jpeg({ quality, chromaSubsampling, progressive }).toBuffer();
}

/** @param pixels interleaved, one byte a value: RGB, or gray with a third of the bytes. */
export function encodePng(pixels: Uint8Array, options: RawPicture): Promise<Buffer> {
  return fromRaw(pixels, options).png().toBuffer();
}

/** Dots an inch of a drawing whose unit is the pixel of a 72 dpi screen: three times its size, 300 dpi at 27 cm. */
const drawingDensity = 216;

/** A drawing as a picture; its text needs a font on this machine. */
export function encodeSvg(svg: string): Promise<Buffer> {
  return sharp(Buffer.from(svg), { density: drawingDensity }).png().toBuffer();
}

function fromRaw(pixels: Uint8Array, { width, height, resizeTo }: RawPicture): Sharp {
  const channels = pixels.length === width * height ? 1 : 3;
  const picture = sharp(pixels, { raw: { width, height, channels } });
  const sized = resizeTo ? picture.resize({ ...resizeTo, fit: 'fill' }) : picture;
  return channels === 1 ? sized.toColourspace('b-w') : sized;
}
