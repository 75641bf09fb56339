/** Whether a store takes what a run will write, asked before anything is computed. */
import { access, constants } from 'node:fs/promises';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { isSystemError, messageOf, TopfiveError } from '../errors.ts';
import type { Storage } from '../storage/storage.ts';

const probe = '.topfive-probe';

/** An `access` or `output` TopfiveError when the store cannot be reached or written; nothing is left of the question. */
export async function checkStore(storage: Storage): Promise<void> {
  if (storage.uri.startsWith('file:') && !(await isThere(fileURLToPath(storage.uri)))) return;
  try {
    await storage.put(probe, '');
    // Those who may write need not be allowed to delete.
    await storage.delete(probe).catch(() => {});
  } catch (error) {
    if (!(error instanceof TopfiveError) || error.kind !== 'storage') throw error;
    throw new TopfiveError('access', error.message, { cause: error });
  }
}

/** False for a directory that is still to be made, in one that can be written. */
async function isThere(directory: string): Promise<boolean> {
  for (let path = directory; ; path = dirname(path)) {
    try {
      await access(path, constants.W_OK | constants.X_OK);
      return path === directory;
    } catch (error) {
      if (isSystemError(error, 'ENOENT') && dirname(path) !== path) continue;
      throw new TopfiveError(
        'output',
        `the store ${directory} cannot be made: ${messageOf(error)}; name another --store`,
        { cause: error },
      );
    }
  }
}
