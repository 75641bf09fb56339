/** Making a folder with all its parents. */
import { mkdir, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { isSystemError } from '../errors.ts';

/**
 * The folder and those above it; an EEXIST error where a file stands in the way. Node's own `mkdir` with `recursive`
 * never returns where the system answers ENOENT below an existing folder, as /proc does.
 */
export async function makeFolder(path: string): Promise<void> {
  try {
    await makeOne(path);
  } catch (error) {
    if (!isSystemError(error, 'ENOENT') || dirname(path) === path) throw error;
    await makeFolder(dirname(path));
    await makeOne(path);
  }
}

async function makeOne(path: string): Promise<void> {
  try {
    await mkdir(path);
  } catch (error) {
    if (!isSystemError(error, 'EEXIST') || !(await stat(path)).isDirectory()) throw error;
  }
}
