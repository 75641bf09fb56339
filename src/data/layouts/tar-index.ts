/** The index beside packed tar archives: every image with its label and place, so that nobody reads the archives to find them. */
import { z } from 'zod';
import type { Storage, StoredObject } from '../../storage/storage.ts';
import { datasetError } from '../dataset-error.ts';
import type { ManifestEntry } from '../manifest.ts';
import { type Indexed, someOf } from './layout.ts';

export const tarIndexFile = 'topfive-index.json';

const count = z.number().int().nonnegative();

/** What a packed set was made from, and how: the same packing has the same bytes. */
export const packingSchema = z.strictObject({
  schemaVersion: z.literal(1),
  /** Of the random order that the images are in. */
  seed: count,
  /** Images an archive. */
  shardSize: count.positive(),
  /** Digest of the manifest in its own order, and its images. */
  source: z.string(),
  images: count.positive(),
});
export type Packing = z.infer<typeof packingSchema>;

/** Columns with one value an image, in the order of the archives. */
const indexSchema = z.strictObject({
  packing: packingSchema,
  classNames: z.array(z.string()).nullable(),
  archives: z.array(z.strictObject({ file: z.string(), bytes: count })),
  keys: z.array(z.string()),
  labels: z.array(count),
  /** Null for an image that was missing when the set was packed. */
  bytes: z.array(count.nullable()),
  /** Position in `archives`. */
  archive: z.array(count),
  /** First byte of the image in its archive; 0 for a missing one. */
  offsets: z.array(count),
});
export type TarIndex = z.infer<typeof indexSchema>;

/** Undefined where there is none; a `dataset` TopfiveError for one that is no index. */
export async function readTarIndex(root: Storage): Promise<TarIndex | undefined> {
  if ((await root.size(tarIndexFile)) === undefined) return undefined;
  const parsed = indexSchema.safeParse(parseJson((await root.get(tarIndexFile)).toString()));
  if (parsed.success && isWhole(parsed.data)) return parsed.data;
  const why = parsed.success ? 'its columns do not fit together' : parsed.error.issues[0].message;
  throw datasetError(
    `${root.uri}/${tarIndexFile} is no index of packed archives (${why}); pack the set again, or delete it to have the archives read.`,
  );
}

function isWhole({ keys, labels, bytes, archive, offsets, archives }: TarIndex): boolean {
  return (
    [labels, bytes, archive, offsets].every((column) => column.length === keys.length) &&
    archive.every((position) => position < archives.length)
  );
}

/** The images of an index, once the archives are those that it was written for. */
export function indexPacked(
  root: Storage,
  { index, archives }: { index: TarIndex; archives: readonly StoredObject[] },
): Indexed {
  checkArchives(root, { index, archives });
  const entries = index.keys.map((key, place): ManifestEntry => {
    const bytes = index.bytes[place];
    const { file } = index.archives[index.archive[place]];
    const offset = index.offsets[place];
    const label = index.labels[place];
    return { key, label, bytes, at: { file, offset, length: bytes ?? 0 } };
  });
  const missing = entries.filter(({ bytes }) => bytes === null).map(({ key }) => key);
  const warnings =
    missing.length === 0
      ? []
      : [
          `${missing.length} images of ${root.uri} were missing when it was packed: ${someOf(missing)}.`,
        ];
  return { entries, classNames: index.classNames, warnings, seed: index.packing.seed };
}

function checkArchives(
  root: Storage,
  { index, archives }: { index: TarIndex; archives: readonly StoredObject[] },
): void {
  const found = new Map(archives.map(({ key, bytes }) => [key, bytes]));
  for (const { file, bytes } of index.archives) {
    const size = found.get(file);
    if (size === bytes) found.delete(file);
    else {
      throw datasetError(
        `${file} of ${root.uri} was expected to have ${bytes} bytes by its ${tarIndexFile}, and ${size === undefined ? 'it is not there' : `has ${size}`}; copy it again.`,
      );
    }
  }
  if (found.size > 0) {
    throw datasetError(
      `${someOf([...found.keys()])} in ${root.uri} are not in its ${tarIndexFile}; move them elsewhere, or delete the index to have every archive read.`,
    );
  }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
