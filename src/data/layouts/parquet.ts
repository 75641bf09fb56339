/** The parquet layout of the Hugging Face hub: columns `image` (a struct of bytes and path) and `label`. */
import { posix } from 'node:path';
import { z } from 'zod';
import type { Storage, StoredObject } from '../../storage/storage.ts';
import { datasetError } from '../dataset-error.ts';
import type { ManifestEntry } from '../manifest.ts';
import { type Indexed, someOf } from './layout.ts';
import { ParquetFile } from './parquet-file.ts';

const rowSchema = z.object({
  image: z.object({
    bytes: z.instanceof(Uint8Array),
    path: z.union([z.string(), z.instanceof(Uint8Array).transform(textOf)]).nullish(),
  }),
  label: z.union([z.bigint(), z.number()]).transform(Number).pipe(z.number().int().nonnegative()),
});

/** Writers that leave the text annotation out give bytes. */
function textOf(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString();
}

/** The note in which the `datasets` library keeps its features. */
const featuresSchema = z.object({
  info: z.object({ features: z.object({ label: z.object({ names: z.array(z.string()) }) }) }),
});

interface IndexedRow {
  path: string | undefined;
  label: number;
  bytes: number;
  at: { file: string; row: number };
}

/**
 * Every image column is read once, because parquet keeps no sizes of single values.
 * The key of an image is its path where each row has one of its own, else `<file>#<row>`.
 * @param files in the order of their names. @param whole refuse a split of which files are absent
 */
export async function indexParquet(
  root: Storage,
  { files, whole }: { files: readonly StoredObject[]; whole: boolean },
): Promise<Indexed> {
  if (whole) refuseHalfSplits(files);
  const rows: IndexedRow[] = [];
  const names = new Map<string, string>();
  for (const { key, bytes: size } of files) {
    const file = await ParquetFile.open(root, { key, size });
    for await (const row of readRows(file, key)) rows.push(row);
    names.set(JSON.stringify(classNamesOf(file)), key);
  }
  if (names.size > 1) {
    throw datasetError(
      `Parquet files of one dataset have equal classes, but those of ${someOf([...names.values()])} differ.`,
    );
  }
  const [classNames] = [...names.keys()].map((text): string[] | null => JSON.parse(text));
  return { entries: toEntries(rows), classNames, warnings: [] };
}

async function* readRows(file: ParquetFile, key: string): AsyncGenerator<IndexedRow> {
  for (const wanted of ['image.bytes', 'label']) {
    if (file.groups.length === 0 || file.columns.includes(wanted)) continue;
    throw datasetError(
      `The columns image (bytes, path) and label were expected in ${key}, which has ${file.columns.join(', ')}.`,
    );
  }
  for (const group of file.groups) {
    const values = await file.rows(group, ['image', 'label']);
    for (const [index, value] of values.entries()) {
      const row = group.start + index;
      const parsed = rowSchema.safeParse(value);
      if (!parsed.success) {
        const { path, message } = parsed.error.issues[0];
        throw datasetError(
          `An image with its bytes and a class index from 0 were expected in row ${row} of ${key}; ${path.join('.')}: ${message}.`,
        );
      }
      const { image, label } = parsed.data;
      yield {
        path: image.path || undefined,
        label,
        bytes: image.bytes.length,
        at: { file: key, row },
      };
    }
  }
}

function toEntries(rows: readonly IndexedRow[]): ManifestEntry[] {
  const named = new Set(rows.map(({ path }) => path));
  const byPath = named.size === rows.length && !named.has(undefined);
  return rows.map(({ path, label, bytes, at }) => ({
    key: byPath && path ? path : `${at.file}#${at.row}`,
    label,
    bytes,
    at,
  }));
}

function classNamesOf(file: ParquetFile): string[] | null {
  try {
    const note: unknown = JSON.parse(file.note('huggingface') ?? 'null');
    return featuresSchema.parse(note).info.features.label.names;
  } catch {
    return null;
  }
}

/** The hub names files `<split>-00003-of-00014.parquet`: one split, and all of its files, make a dataset. */
function refuseHalfSplits(files: readonly StoredObject[]): void {
  const splits = new Map<string, number>();
  for (const { key } of files) {
    const match = /^(.*)-\d+-of-(\d+)(?:-[0-9a-f]+)?\.parquet$/.exec(posix.basename(key));
    if (!match) continue;
    const split = `${match[1]} (${Number(match[2])} files)`;
    splits.set(split, (splits.get(split) ?? 0) + 1);
  }
  const [[split, found] = ['', 0], ...others] = splits;
  if (others.length > 0) {
    throw datasetError(
      `The files of one split were expected, and there are several: ${someOf([...splits.keys()])}; put the split into a folder of its own.`,
    );
  }
  const expected = Number(/\((\d+) files\)$/.exec(split)?.[1] ?? 0);
  if (split !== '' && found !== expected) {
    throw datasetError(
      `All ${expected} files of the split were expected, and ${found} are there; fetch the others, or rename the files to evaluate these alone.`,
    );
  }
}
