/** The manifest: the fixed, ordered list of images and labels that a run is about. */
import { createHash } from 'node:crypto';
import { z } from 'zod';
import type { Storage } from '../storage/storage.ts';
import { datasetError } from './dataset-error.ts';

/** Where an image's bytes are, relative to the dataset's root: a file, a part of an archive, a row of a table. */
export type Location =
  | { file: string }
  | { file: string; offset: number; length: number }
  | { file: string; row: number };

export interface ManifestEntry {
  /** Unique within the manifest: the path in the folder or archive. */
  key: string;
  /** Class index, from 0. */
  label: number;
  /** Size of the encoded image; null when the listed file was not there at indexing. */
  bytes: number | null;
  at: Location;
}

export const layouts = ['list', 'folder', 'tar', 'parquet'] as const;
export type Layout = (typeof layouts)[number];

export interface Manifest {
  schemaVersion: 1;
  /** Root of the dataset: `file:///…` or `s3://…`. */
  uri: string;
  layout: Layout;
  /** Class names by index, where the layout has them (folder names, parquet features). */
  classNames: string[] | null;
  /** Of the random order in which a packed set keeps its images; null for an order of the dataset's own. */
  seed: number | null;
  /** SHA-256 over key, label and bytes of each entry, in order. */
  digest: string;
  entries: ManifestEntry[];
}

/** A `dataset` TopfiveError where the entries are none, repeat a key, or have a label that is no class index. */
export function makeManifest(
  parts: Pick<Manifest, 'uri' | 'layout' | 'classNames' | 'entries'> & {
    seed?: number | null | undefined;
  },
): Manifest {
  const { uri, layout, classNames, entries, seed = null } = parts;
  if (entries.length === 0) {
    throw datasetError(`At least one image was expected at ${uri}, and there is none.`);
  }
  refuseRepeated(entries);
  for (const { key, label } of entries) {
    if (!Number.isSafeInteger(label) || label < 0) {
      throw datasetError(`A class index from 0 was expected as the label of ${key}, not ${label}.`);
    }
  }
  const digest = digestEntries(entries);
  return { schemaVersion: 1, uri, layout, classNames, seed, digest, entries };
}

function refuseRepeated(entries: readonly ManifestEntry[]): void {
  const first = new Map<string, number>();
  for (const [index, { key, at }] of entries.entries()) {
    const earlier = first.get(key);
    if (earlier !== undefined) {
      throw datasetError(
        `Image keys must be unique, but ${key} stands twice: image ${earlier + 1} (${place(entries[earlier].at)}) and image ${index + 1} (${place(at)}); remove one of them.`,
      );
    }
    first.set(key, index);
  }
}

function place(at: Location): string {
  if ('offset' in at) return `${at.file} at byte ${at.offset}`;
  return 'row' in at ? `${at.file}, row ${at.row}` : at.file;
}

/** SHA-256 over one JSON line `[key,label,bytes]` an entry: no two lists of entries give the same text. */
export function digestEntries(entries: readonly ManifestEntry[]): string {
  const hash = createHash('sha256');
  for (const { key, label, bytes } of entries)
    hash.update(`${JSON.stringify([key, label, bytes])}\n`);
  return hash.digest('hex');
}

/** SHA-256 over one JSON line `[key,label]` an entry: the same whatever the files hold. */
export function digestLabels(entries: readonly ManifestEntry[]): string {
  const hash = createHash('sha256');
  for (const { key, label } of entries) hash.update(`${JSON.stringify([key, label])}\n`);
  return hash.digest('hex');
}

const index = z.number().int().nonnegative();

/** On disk: columns with one value an image, in manifest order. */
const storedSchema = z.strictObject({
  schemaVersion: z.literal(1),
  uri: z.string(),
  layout: z.enum(layouts),
  classNames: z.array(z.string()).nullable(),
  seed: index.nullable().default(null),
  digest: z.string(),
  keys: z.array(z.string()),
  labels: z.array(index),
  bytes: z.array(index.nullable()),
  /** The distinct files that hold the images; null when each image's key is its file. */
  files: z.array(z.string()).nullable(),
  /** Index into `files`; empty when `files` is null. */
  file: z.array(index),
  /** Byte in the file, for images within an archive; else empty. */
  offsets: z.array(index),
  /** Row in the file, for images within a table; else empty. */
  rows: z.array(index),
});
type Stored = z.infer<typeof storedSchema>;

/** Two datasets of equal content have one digest whatever their place, so each run keeps its manifest under its own key. */
export async function saveManifest(
  storage: Storage,
  { manifest, key }: { manifest: Manifest; key: string },
): Promise<void> {
  await storage.put(key, JSON.stringify(toColumns(manifest)));
}

/** A `not-found` TopfiveError when there is none, a `dataset` one when it is not what was saved. */
export async function loadManifest(
  storage: Storage,
  { digest, key }: { digest: string; key: string },
): Promise<Manifest> {
  const manifest = parseManifest((await storage.get(key)).toString());
  if (manifest && manifest.digest === digest && digestEntries(manifest.entries) === digest) {
    return manifest;
  }
  throw datasetError(
    `The manifest ${key} in ${storage.uri} is damaged: its content does not give its digest; index the dataset again.`,
  );
}

function parseManifest(text: string): Manifest | undefined {
  try {
    return fromColumns(storedSchema.parse(JSON.parse(text)));
  } catch {
    return undefined;
  }
}

function toColumns({ uri, layout, classNames, seed, digest, entries }: Manifest): Stored {
  const ownFiles = entries.every(({ key, at }) => at.file === key && Object.keys(at).length === 1);
  const files = new Map<string, number>();
  if (!ownFiles)
    for (const { at } of entries) if (!files.has(at.file)) files.set(at.file, files.size);
  return {
    schemaVersion: 1,
    uri,
    layout,
    classNames,
    seed,
    digest,
    keys: entries.map(({ key }) => key),
    labels: entries.map(({ label }) => label),
    bytes: entries.map(({ bytes }) => bytes),
    files: ownFiles ? null : [...files.keys()],
    file: ownFiles ? [] : entries.map(({ at }) => files.get(at.file) ?? 0),
    offsets: entries.flatMap(({ at }) => ('offset' in at ? at.offset : [])),
    rows: entries.flatMap(({ at }) => ('row' in at ? at.row : [])),
  };
}

function fromColumns(stored: Stored): Manifest {
  const { uri, layout, classNames, seed, digest, keys, labels, bytes } = stored;
  const locate = locator(stored);
  const whole = [labels, bytes].every((column) => column.length === keys.length);
  if (!whole) throw new Error('columns of unequal length');
  const entries = keys.map((key, index) => ({
    key,
    label: labels[index],
    bytes: bytes[index],
    at: locate(index),
  }));
  return { schemaVersion: 1, uri, layout, classNames, seed, digest, entries };
}

function locator({ keys, bytes, files, file, offsets, rows }: Stored): (index: number) => Location {
  if (files === null) return (index) => ({ file: keys[index] });
  const fileAt = (index: number) => {
    const name = files[file[index]];
    if (name === undefined) throw new Error('an image without a file');
    return name;
  };
  if (offsets.length === keys.length) {
    return (index) => ({ file: fileAt(index), offset: offsets[index], length: bytes[index] ?? 0 });
  }
  if (rows.length === keys.length) return (index) => ({ file: fileAt(index), row: rows[index] });
  if (offsets.length + rows.length > 0) throw new Error('columns of unequal length');
  return (index) => ({ file: fileAt(index) });
}
