/** The beginning of a file that is being downloaded, and what it is the beginning of. */
import { type FileHandle, open, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { z } from 'zod';
import { isSystemError } from '../errors.ts';

const originSchema = z.object({
  url: z.string(),
  /** What the server calls this version of the file: a strong ETag or a date. Null where it says nothing. */
  validator: z.string().nullable(),
  /** Bytes of the whole; null where the server does not say. */
  total: z.number().int().nonnegative().nullable(),
});
export type Origin = z.infer<typeof originSchema>;

export interface Beginning {
  /** Bytes that are there. */
  size: number;
  validator: string;
  total: number | null;
}

const noteOf = (path: string) => `${path}.json`;

/** What is there and can be gone on with; undefined when the download starts anew. */
export async function readBeginning(path: string, url: string): Promise<Beginning | undefined> {
  try {
    const origin = originSchema.parse(JSON.parse(await readFile(noteOf(path), 'utf8')));
    const { size } = await stat(path);
    const { validator, total } = origin;
    if (origin.url !== url || validator === null || size === 0) return undefined;
    return { size, validator, total };
  } catch (error) {
    if (isSystemError(error, 'ENOENT') || error instanceof SyntaxError) return undefined;
    if (error instanceof z.ZodError) return undefined;
    throw error;
  }
}

/** Empties the file; its note is written first, so that no byte is ever taken for another version's. */
export async function startFile(path: string, origin: Origin): Promise<FileHandle> {
  await rm(path, { force: true });
  await writeFile(noteOf(path), JSON.stringify(origin));
  return open(path, 'w');
}

export function continueFile(path: string): Promise<FileHandle> {
  return open(path, 'a');
}

export async function forgetFile(path: string): Promise<void> {
  for (const each of [noteOf(path), path]) await rm(each, { force: true });
}
