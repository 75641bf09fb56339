/** What is written beside files in the cache: their digests, and how to see that they are still the same files. */
import { randomUUID } from 'node:crypto';
import { open, readFile, rename, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { isSystemError } from '../errors.ts';
import { digestFile, stampOf } from './digest.ts';
import { namesIn } from './leases.ts';

const fileSchema = z.object({
  name: z.string(),
  bytes: z.number().int().nonnegative(),
  sha256: z.string(),
  /** While it stays the same, the file has not been touched since its digest was taken. */
  stamp: z.string(),
});
export type CachedFile = z.infer<typeof fileSchema>;

const entrySchema = z.object({ schemaVersion: z.literal(1), files: z.array(fileSchema).min(1) });

/** Its time of change is when the entry was last used. */
export const entryFile = 'entry.json';

/** Brings the files of a folder to the disk, and takes their digests. */
export async function describeFiles(folder: string): Promise<CachedFile[]> {
  const files: CachedFile[] = [];
  for (const name of (await namesIn(folder)).sort()) {
    const path = join(folder, name);
    const handle = await open(path, 'r');
    await handle.sync().finally(() => handle.close());
    files.push({ name, ...(await digestFile(path)), stamp: await stampOf(path) });
  }
  return files;
}

export async function writeEntry(folder: string, files: readonly CachedFile[]): Promise<void> {
  const draft = join(folder, `.${randomUUID()}`);
  await writeFile(draft, JSON.stringify({ schemaVersion: 1, files }));
  await rename(draft, join(folder, entryFile));
}

/**
 * Marks the entry as used now. A file that was touched since its digest was taken is read again.
 * @returns undefined when a file is gone or is not what it was
 */
export async function readEntry(folder: string): Promise<CachedFile[] | undefined> {
  try {
    const path = join(folder, entryFile);
    const entry = entrySchema.safeParse(parseJson(await readFile(path, 'utf8')));
    if (!entry.success) return undefined;
    const files = await Promise.all(entry.data.files.map((file) => checkFile(folder, file)));
    if (!files.every((file) => file !== undefined)) return undefined;
    if (files.some((file, index) => file !== entry.data.files[index])) {
      await writeEntry(folder, files);
    }
    const now = new Date();
    await utimes(path, now, now);
    return files;
  } catch (error) {
    if (isSystemError(error, 'ENOENT')) return undefined;
    throw error;
  }
}

/** The file with its stamp of today; undefined when its content is another. */
async function checkFile(folder: string, file: CachedFile): Promise<CachedFile | undefined> {
  const path = join(folder, file.name);
  const stamp = await stampOf(path);
  if (stamp === file.stamp) return file;
  return (await digestFile(path)).sha256 === file.sha256 ? { ...file, stamp } : undefined;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
