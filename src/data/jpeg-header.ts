/** The marker segments of a JPEG: components, orientation, and whether a progressive file has all its scans. */
import { type Orientation, orientationOf } from './exif.ts';
import { Undecodable } from './undecodable.ts';

interface JpegHeader {
  kind: 'rgb' | 'cmyk';
  /** As OpenCV 4.6 finds it: in the first APP1 segment or not at all. */
  orientation: Orientation;
}

const startOfImage = 0xd8;
const endOfImage = 0xd9;
const startOfScan = 0xda;
const app1 = 0xe1;

/** @throws Undecodable */
export function readJpegHeader(bytes: Buffer): JpegHeader {
  const header: JpegHeader = { kind: 'rgb', orientation: 1 };
  let sawApp1 = false;
  for (const { marker, payload, end } of segmentsOf(bytes, 2)) {
    if (marker === startOfScan) break;
    if (marker === app1 && !sawApp1) {
      sawApp1 = true;
      header.orientation = orientationOf(payload.subarray('Exif\0\0'.length));
    }
    if (isFrame(marker)) {
      const components = payload[5];
      header.kind = kindOf(components);
      if (isProgressive(marker)) requireAllScans(bytes, { from: end, components });
    }
  }
  return header;
}

/** SOF0 to SOF15, less the tables DHT, JPG and DAC that lie among them. */
function isFrame(marker: number): boolean {
  return marker >= 0xc0 && marker <= 0xcf && ![0xc4, 0xc8, 0xcc].includes(marker);
}

/** SOF2, and SOF10 with arithmetic coding. */
function isProgressive(marker: number): boolean {
  return marker === 0xc2 || marker === 0xca;
}

function kindOf(components: number): JpegHeader['kind'] {
  if (components === 4) return 'cmyk';
  if (components === 1 || components === 3) return 'rgb';
  throw new Undecodable(`a JPEG with ${components} components, where 1, 3 or 4 were expected`);
}

/** Coefficients whose precision libjpeg looks at when it decides to smooth blocks. */
const smoothedCoefficients = 10;

/**
 * Where scans are missing libjpeg guesses the low coefficients from the neighbouring blocks, each version of it
 * differently; such a file was cut short before its end marker was written.
 */
function requireAllScans(
  bytes: Buffer,
  { from, components }: { from: number; components: number },
): void {
  const unfinished = new Map<number, Set<number>>();
  for (const { marker, payload } of segmentsOf(bytes, from)) {
    if (marker !== startOfScan) continue;
    const count = payload[0];
    const [first, last, bits] = payload.subarray(1 + 2 * count);
    for (let k = 0; k < count; k++) {
      const component = payload[1 + 2 * k];
      const left = unfinished.get(component) ?? new Set(Array(smoothedCoefficients).keys());
      unfinished.set(component, left);
      const isExact = (bits & 0x0f) === 0;
      for (let c = first; c <= last && isExact; c++) left.delete(c);
    }
  }
  const complete = [...unfinished.values()].filter((left) => left.size === 0);
  if (complete.length < components) {
    throw new Undecodable('the progressive JPEG lacks its last scans');
  }
}

interface Segment {
  marker: number;
  payload: Buffer;
  /** Offset of what follows. */
  end: number;
}

/** Up to the end of the image. Bytes between segments, such as those of a scan, are skipped, as libjpeg does. */
function* segmentsOf(bytes: Buffer, from: number): Generator<Segment> {
  let at = bytes.indexOf(0xff, from);
  while (at >= 0 && at + 4 <= bytes.length) {
    const marker = bytes[at + 1];
    if (marker === endOfImage) return;
    let end = at + 1;
    if (hasLength(marker)) {
      end = at + 2 + bytes.readUInt16BE(at + 2);
      yield { marker, payload: bytes.subarray(at + 4, end), end };
    }
    at = bytes.indexOf(0xff, end);
  }
}

/** Not so for stuffed zeros, fill bytes, TEM, RST0 to RST7 and SOI. */
function hasLength(marker: number): boolean {
  return marker > 0x01 && marker < 0xff && !(marker >= 0xd0 && marker <= startOfImage);
}
