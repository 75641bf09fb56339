/** Walks a directory in the order of the full paths below it, which is the order of keys. */
import type { Stats } from 'node:fs';
import { readdir, realpath, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { isSystemError, messageOf, TopfiveError } from '../errors.ts';
import { sortByCodePoints } from './key.ts';
import type { StoredObject } from './storage.ts';

/** How many files are looked up at a time. */
const batch = 64;

interface Place {
  root: string;
  /** Key of the folder: empty, or ending in `/`. */
  at: string;
  /** Real paths of the folders above: a link back to one of them is not followed. */
  above: readonly string[];
}

/** Files below `root` whose key starts with `prefix`; links are followed, an absent root has none. */
export async function* walk(root: string, prefix: string): AsyncGenerator<StoredObject> {
  const at = prefix.slice(0, prefix.lastIndexOf('/') + 1);
  yield* walkFolder({ root, at, above: [] }, prefix);
}

async function* walkFolder(place: Place, prefix: string): AsyncGenerator<StoredObject> {
  const { root, at } = place;
  const names = (await readFolder(join(root, at))).filter((name) =>
    `${at}${name}`.startsWith(prefix),
  );
  if (names.length === 0) return;
  const above = [...place.above, await realpath(join(root, at))];
  for (let start = 0; start < names.length; start += batch) {
    const slice = names.slice(start, start + batch);
    const sizes = await Promise.all(
      slice.map((name) => (name.endsWith('/') ? undefined : sizeOf(join(root, at, name)))),
    );
    for (const [index, name] of slice.entries()) {
      const key = `${at}${name}`;
      const bytes = sizes[index];
      if (bytes !== undefined) yield { key, bytes };
      else if (name.endsWith('/') && !above.includes(await realpath(join(root, key)))) {
        yield* walkFolder({ root, at: key, above }, prefix);
      }
    }
  }
}

/** Names in the folder, those of folders with a final `/`, in order. */
async function readFolder(path: string): Promise<string[]> {
  try {
    const entries = await readdir(path, { withFileTypes: true });
    const names: string[] = [];
    for (let start = 0; start < entries.length; start += batch) {
      const slice = entries.slice(start, start + batch);
      const folders = await Promise.all(
        slice.map((entry) =>
          entry.isSymbolicLink() ? leadsToFolder(join(path, entry.name)) : entry.isDirectory(),
        ),
      );
      names.push(...slice.map(({ name }, index) => (folders[index] ? `${name}/` : name)));
    }
    return sortByCodePoints(names);
  } catch (error) {
    if (isSystemError(error, 'ENOENT', 'ENOTDIR')) return [];
    throw unlisted(path, error);
  }
}

/** Names of the folders directly in the folder, in order. */
export async function readSubfolders(path: string): Promise<string[]> {
  const names = await readFolder(path);
  return sortByCodePoints(
    names.filter((name) => name.endsWith('/')).map((name) => name.slice(0, -1)),
  );
}

/** A link to nowhere would silently shorten a dataset, so it is an error. */
async function leadsToFolder(link: string): Promise<boolean> {
  try {
    return (await stat(link)).isDirectory();
  } catch (error) {
    if (!isSystemError(error, 'ENOENT', 'ELOOP')) throw error;
    throw new TopfiveError(
      'not-found',
      `The link ${link} leads to no file; restore what it points to, or remove it.`,
      { cause: error },
    );
  }
}

/** Size of a file; undefined for what is no file, or was deleted since the folder was read. */
async function sizeOf(path: string): Promise<number | undefined> {
  let found: Stats;
  try {
    found = await stat(path);
  } catch (error) {
    if (!isSystemError(error, 'ENOENT')) throw unlisted(path, error);
    if (!path.includes('\uFFFD')) return undefined;
    throw new TopfiveError('not-found', `The file name ${path} is not UTF-8; rename the file.`);
  }
  return found.isFile() ? found.size : undefined;
}

function unlisted(path: string, cause: unknown): TopfiveError {
  return cause instanceof TopfiveError
    ? cause
    : new TopfiveError('storage', `${path} could not be listed: ${messageOf(cause)}.`, { cause });
}
