/** The orientation in a block of EXIF, read as OpenCV 4.6 reads it, so that damaged blocks turn no image differently. */

/** EXIF orientation; 1 is upright. */
export type Orientation = 1 | 2 | 3 | 4 | 5 | 6 | 7 | 8;

const orientationTag = 0x112;
const entryBytes = 12;

/** Tags whose text or rational OpenCV follows; where it lies outside the block the rest is not read. */
const textTags = [0x10e, 0x10f, 0x110, 0x131, 0x132, 0x8298];
const rationalBytes: Record<number, number> = {
  282: 8,
  283: 8,
  318: 16,
  319: 48,
  529: 24,
  532: 48,
};

/** @param block starts with the byte order mark `II` or `MM`. Anything unreadable is upright. */
export function orientationOf(block: Buffer): Orientation {
  try {
    return findOrientation(block);
  } catch (error) {
    if (error instanceof RangeError) return 1;
    throw error;
  }
}

function findOrientation(block: Buffer): Orientation {
  const little = block.toString('latin1', 0, 2) === 'II';
  const u16 = (at: number) => (little ? block.readUInt16LE(at) : block.readUInt16BE(at));
  const u32 = (at: number) => (little ? block.readUInt32LE(at) : block.readUInt32BE(at));
  if (u16(2) !== 0x2a) return 1;
  const directory = u32(4);
  const count = u16(directory);
  for (let k = 0; k < count; k++) {
    const entry = directory + 2 + k * entryBytes;
    const tag = u16(entry);
    if (tag === orientationTag) return asOrientation(u16(entry + 8));
    if (textTags.includes(tag)) {
      const length = u32(entry + 4);
      if ((length > 4 ? u32(entry + 8) : 8) + length > block.length) return 1;
    } else if (tag in rationalBytes && u32(entry + 8) + rationalBytes[tag] > block.length) {
      return 1;
    }
  }
  return 1;
}

function asOrientation(value: number): Orientation {
  return value >= 1 && value <= 8 ? (value as Orientation) : 1;
}
