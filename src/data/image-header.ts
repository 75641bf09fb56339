/** What the first bytes of an image say: its format, told by content, and what decoding must know beforehand. */
import { type Orientation, orientationOf } from './exif.ts';
import { readJpegHeader } from './jpeg-header.ts';
import { Undecodable } from './undecodable.ts';

export interface ImageHeader {
  format: 'jpeg' | 'png' | 'webp';
  /** `cmyk`: four inks; `gray16`: gray with 16 bits, which Pillow clips instead of scaling; `rgb`: everything else. */
  kind: 'rgb' | 'cmyk' | 'gray16';
  /** As OpenCV 4.6 finds it, which reads no orientation from WebP. */
  orientation: Orientation;
}

/** @throws Undecodable where the bytes are no JPEG, PNG or WebP, or a kind of them that cannot be decoded exactly. */
export function readHeader(bytes: Buffer): ImageHeader {
  if (startsWith(bytes, 'ffd8ff')) return { format: 'jpeg', ...readJpegHeader(bytes) };
  if (startsWith(bytes, '89504e470d0a1a0a')) return readPngHeader(bytes);
  if (isWebp(bytes)) return { format: 'webp', kind: 'rgb', orientation: 1 };
  throw new Undecodable(describeForeign(bytes));
}

function startsWith(bytes: Buffer, hex: string): boolean {
  return bytes.toString('hex', 0, hex.length / 2) === hex;
}

function isWebp(bytes: Buffer): boolean {
  return bytes.toString('latin1', 0, 4) === 'RIFF' && bytes.toString('latin1', 8, 12) === 'WEBP';
}

const foreign: Record<string, string> = {
  '47494638': 'a GIF',
  '424d': 'a BMP',
  '49492a00': 'a TIFF',
  '4d4d002a': 'a TIFF',
  '25504446': 'a PDF',
  '504b0304': 'a ZIP',
  '1f8b': 'a gzip',
};

function describeForeign(bytes: Buffer): string {
  if (bytes.length === 0) return 'the file is empty';
  const expected = 'where a JPEG, PNG or WebP image was expected';
  const known = Object.keys(foreign).find((signature) => startsWith(bytes, signature));
  if (known) return `${foreign[known]} file, ${expected}`;
  const start = bytes.toString('latin1', 0, 16);
  return /^[\t\n\r\x20-\x7e]+$/.test(start)
    ? `a text file that starts with ${JSON.stringify(start)}, ${expected}`
    : `a file that starts with the bytes ${bytes.toString('hex', 0, 4)}, ${expected}`;
}

const pngSignatureBytes = 8;

/** Chunks are a length, a type, the data and a checksum; IHDR is the first. */
function readPngHeader(bytes: Buffer): ImageHeader {
  const header: ImageHeader = { format: 'png', kind: 'rgb', orientation: 1 };
  const [bitDepth, colourType] = bytes.subarray(24, 26);
  if (bitDepth === 16 && colourType === 0) header.kind = 'gray16';
  let at = pngSignatureBytes;
  while (at + 12 <= bytes.length) {
    const length = bytes.readUInt32BE(at);
    if (bytes.toString('latin1', at + 4, at + 8) === 'eXIf') {
      header.orientation = orientationOf(bytes.subarray(at + 8, at + 8 + length));
      return header;
    }
    at += 12 + length;
  }
  return header;
}
