/** The command line, compiled from the source as it is now: nobody's build is touched, and none is out of date. */
import { execFile } from 'node:child_process';
import { copyFile, symlink } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';

const root = resolve(import.meta.dirname, '..');

/** @returns path of the program */
export async function compile(folder: string): Promise<string> {
  await copyFile(join(root, 'package.json'), join(folder, 'package.json'));
  await symlink(join(root, 'node_modules'), join(folder, 'node_modules'));
  const built = join(folder, 'dist');
  await promisify(execFile)(process.execPath, [join(root, 'build.mjs'), built]);
  return join(built, 'cli/main.js');
}
