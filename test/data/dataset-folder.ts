/** A throwaway folder with files in it. */
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

export type Files = Record<string, string | Uint8Array>;

export async function writeFiles(folder: string, files: Files): Promise<void> {
  for (const [name, content] of Object.entries(files)) {
    await mkdir(dirname(join(folder, name)), { recursive: true });
    await writeFile(join(folder, name), content);
  }
}

/** Makes the folder, runs the check on it and removes it. */
export async function inFolder(
  files: Files,
  check: (folder: string) => Promise<void>,
): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'topfive-data-'));
  try {
    await writeFiles(folder, files);
    await check(folder);
  } finally {
    await rm(folder, { recursive: true });
  }
}
