/** Packing a dataset into tar archives with an index: in random order once, the bytes of each image as they are. */
import { TopfiveError } from '../../errors.ts';
import { digestOf } from '../../storage/digest.ts';
import type { Storage } from '../../storage/storage.ts';
import { MissingImage } from '../image-source.ts';
import { inOrder } from '../in-order.ts';
import {
  type Packing,
  packingSchema,
  readTarIndex,
  type TarIndex,
  tarIndexFile,
} from '../layouts/tar-index.ts';
import { encodeMember, endMark } from '../layouts/tar-write.ts';
import type { Manifest } from '../manifest.ts';
import {
  labelText,
  type PlannedArchive,
  type PlannedImage,
  planArchives,
} from './plan-archives.ts';
import { type ClosableImages, openForRandomReads } from './spool.ts';

export interface PackOptions {
  out: Storage;
  seed: number;
  /** Images an archive. */
  shardSize: number;
  /** Called for each image that is in place. */
  onImage?: () => void;
}

export interface Packed {
  index: TarIndex;
  /** Archives that were there already. */
  kept: number;
  warnings: string[];
}

/** Says, while a packing is not whole, which one it is; what is there already is then taken over. */
const packingFile = 'topfive-packing.json';
/** Images read ahead of the archive that is being written. */
const atOnce = 16;

/** An `output` TopfiveError where something else is; an interrupted packing goes on where it stopped. */
export async function packDataset(manifest: Manifest, options: PackOptions): Promise<Packed> {
  const { out, seed, shardSize } = options;
  const { digest: source, entries } = manifest;
  const packing: Packing = { schemaVersion: 1, seed, shardSize, source, images: entries.length };
  const { archives, index, warnings } = await planArchives(manifest, packing);
  if (await isWhole(out, packing)) return { index, kept: archives.length, warnings };
  await out.put(packingFile, JSON.stringify(packing));
  const kept = await writeArchives(archives, { manifest, options });
  await out.put(tarIndexFile, `${JSON.stringify(index)}\n`);
  await out.delete(packingFile);
  return { index, kept, warnings };
}

/** True when the packing stands there whole, false when it is to be made or finished. */
async function isWhole(out: Storage, packing: Packing): Promise<boolean> {
  const index = await readTarIndex(out);
  const same = (other: Packing) => digestOf(other) === digestOf(packing);
  if (index) {
    if (same(index.packing)) return true;
    throw occupied(out, 'a packed set of other images, or of another --seed or --shard-size');
  }
  if ((await out.size(packingFile)) !== undefined) {
    const begun = packingSchema.safeParse(JSON.parse((await out.get(packingFile)).toString()));
    if (begun.success && same(begun.data)) return false;
    throw occupied(
      out,
      'an unfinished packing of other images, or of another --seed or --shard-size',
    );
  }
  for await (const { key } of out.list('')) throw occupied(out, key);
  return false;
}

function occupied({ uri }: Storage, what: string): TopfiveError {
  return new TopfiveError(
    'output',
    `${uri} was expected to be empty, and there is ${what}; name another --out.`,
  );
}

/** @returns how many were there already */
async function writeArchives(
  archives: PlannedArchive[],
  { manifest, options }: { manifest: Manifest; options: PackOptions },
): Promise<number> {
  const { out, onImage = () => {} } = options;
  const found = new Map<string, number>();
  for await (const { key, bytes } of out.list('')) found.set(key, bytes);
  let images: ClosableImages | undefined;
  let kept = 0;
  try {
    for (const archive of archives) {
      // Written whole or not at all, so one of this size is this one.
      if (found.get(archive.file) === archive.bytes) {
        kept += 1;
        archive.images.forEach(onImage);
        continue;
      }
      images ??= await openForRandomReads(manifest);
      await out.putStream(archive.file, contentOf(archive, { images, onImage }));
    }
  } finally {
    await images?.close();
  }
  return kept;
}

async function* contentOf(
  archive: PlannedArchive,
  { images, onImage }: { images: ClosableImages; onImage: () => void },
): AsyncGenerator<Buffer> {
  const work = (image: PlannedImage) => membersOf(image, images);
  for await (const members of inOrder(archive.images, { limit: atOnce, work })) {
    yield members;
    onImage();
  }
  yield endMark;
}

async function membersOf(
  { entry, image, label }: PlannedImage,
  images: ClosableImages,
): Promise<Buffer> {
  try {
    const bytes = await images.read(entry);
    return Buffer.concat([
      await encodeMember(image, bytes),
      await encodeMember(label, Buffer.from(labelText(entry))),
    ]);
  } catch (error) {
    if (!(error instanceof MissingImage)) throw error;
    throw new TopfiveError(
      'failed',
      `The dataset changed while it was packed: ${error.message}; pack it again, into another place.`,
      { cause: error },
    );
  }
}
