/** From a URI to a storage, or to a storage and the key of one object in it. */
import { fileURLToPath } from 'node:url';
import { messageOf, TopfiveError } from '../errors.ts';
import { openFs } from './fs.ts';
import { openS3 } from './s3-storage.ts';
import type { Storage } from './storage.ts';

/** @param uri a path (relative to the working directory), `file://…` or `s3://bucket/prefix`. */
export function openStorage(uri: string): Storage {
  if (uri === '')
    throw new TopfiveError('usage', 'A directory or a URI is needed, not an empty text.');
  if (uri.includes('\0')) throw new TopfiveError('usage', 'A path cannot contain a NUL character.');
  const scheme = /^([a-z][a-z0-9+.-]*):\/\//i.exec(uri)?.[1].toLowerCase();
  if (scheme === undefined) return openFs(uri);
  if (scheme === 'file') return openFs(pathOf(uri));
  if (scheme === 's3') return openS3(uri);
  throw new TopfiveError(
    'usage',
    `${uri} cannot be opened: a storage is a directory, file:// or s3://, not ${scheme}://.`,
  );
}

/** Splits the URI of one object at its last `/`. */
export function openObject(uri: string): { storage: Storage; key: string } {
  const path = /^file:\/\//i.test(uri) ? pathOf(uri) : uri;
  const cut = path.lastIndexOf('/');
  const key = path.slice(cut + 1);
  const parent = cut > 0 ? path.slice(0, cut) : cut === 0 ? '/' : '.';
  const isBucket = /^s3:\/+$/i.test(path.slice(0, cut + 1));
  if (key === '' || key === '.' || key === '..' || isBucket) {
    throw new TopfiveError('usage', `The URI of a file was expected, not ${JSON.stringify(uri)}.`);
  }
  return { storage: openStorage(parent), key };
}

function pathOf(uri: string): string {
  try {
    return fileURLToPath(uri);
  } catch (error) {
    throw new TopfiveError(
      'usage',
      `${uri} is not the URI of a local path (${messageOf(error)}); write file:///path.`,
      { cause: error },
    );
  }
}
