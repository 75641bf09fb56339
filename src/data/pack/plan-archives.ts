/** The plan of a packing: which image goes where in which archive, known before a byte is read. */

import { imageEndings } from '../layouts/layout.ts';
import { samplePart } from '../layouts/tar.ts';
import type { Packing, TarIndex } from '../layouts/tar-index.ts';
import { endMark, headerBytes, padded } from '../layouts/tar-write.ts';
import type { Manifest, ManifestEntry } from '../manifest.ts';
import { createRandom, permutation } from '../random.ts';

export interface PlannedImage {
  entry: ManifestEntry;
  /** Names of its two members. */
  image: string;
  label: string;
}

export interface PlannedArchive {
  file: string;
  bytes: number;
  /** Those that are there; a missing image stands in the index alone. */
  images: PlannedImage[];
}

export interface PackPlan {
  archives: PlannedArchive[];
  index: TarIndex;
  warnings: string[];
}

/** Tells this draw from other uses of the same seed. */
const packStream = 1102;

export async function planArchives(manifest: Manifest, packing: Packing): Promise<PackPlan> {
  const { entries, classNames } = manifest;
  const { seed, shardSize } = packing;
  const order = permutation(entries.length, createRandom(seed, packStream));
  const named = nameMembers(order.map((place) => entries[place]));
  const index: TarIndex = {
    packing,
    classNames,
    archives: [],
    keys: [],
    labels: [],
    bytes: [],
    archive: [],
    offsets: [],
  };
  const archives: PlannedArchive[] = [];
  for (let start = 0; start < named.images.length; start += shardSize) {
    archives.push(await planArchive(named.images.slice(start, start + shardSize), index));
  }
  return { archives, index, warnings: named.warnings };
}

/** Lays the images out in the next archive, and writes them into the index. */
async function planArchive(images: PlannedImage[], index: TarIndex): Promise<PlannedArchive> {
  const position = index.archives.length;
  const file = `${String(position).padStart(6, '0')}.tar`;
  let at = 0;
  for (const { entry, image, label } of images) {
    const offset = entry.bytes === null ? 0 : at + (await headerBytes(image));
    index.keys.push(entry.key);
    index.labels.push(entry.label);
    index.bytes.push(entry.bytes);
    index.archive.push(position);
    index.offsets.push(offset);
    if (entry.bytes === null) continue;
    at =
      offset + padded(entry.bytes) + (await headerBytes(label)) + padded(labelText(entry).length);
  }
  const bytes = at + endMark.length;
  index.archives.push({ file, bytes });
  return { file, bytes, images: images.filter(({ entry }) => entry.bytes !== null) };
}

export function labelText({ label }: ManifestEntry): string {
  return String(label);
}

/**
 * An image keeps its key as name where that names one sample for every reader of WebDataset: then the archives say by
 * themselves what they hold. Otherwise all get numbers, and only the index knows the keys.
 */
function nameMembers(entries: ManifestEntry[]): { images: PlannedImage[]; warnings: string[] } {
  const samples = entries.map(({ key }) => {
    const part = samplePart(key);
    return part?.kind === 'image' ? part.key : undefined;
  });
  const own = new Set(samples);
  if (own.size === entries.length && !own.has(undefined)) {
    const images = entries.map((entry, place) => ({
      entry,
      image: entry.key,
      label: `${samples[place]}.cls`,
    }));
    return { images, warnings: [] };
  }
  const images = entries.map((entry, place) => {
    const number = String(place).padStart(8, '0');
    const ending = entry.key.toLowerCase().replace(/^.*\./s, '');
    const image = `${number}.${imageEndings.includes(ending) ? ending : 'jpg'}`;
    return { entry, image, label: `${number}.cls` };
  });
  const warning =
    'The keys of the images cannot be names in the archives, which have numbers instead; the keys stand in the index.';
  return { images, warnings: [warning] };
}
