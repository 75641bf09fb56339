/** Copying a run folder out of storage, to where the person wants it. */
import { constants } from 'node:fs';
import { access, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { messageOf, TopfiveError } from '../errors.ts';
import { runKeys } from '../jobs/run-keys.ts';
import { makeFolder } from '../storage/make-folder.ts';
import type { Storage } from '../storage/storage.ts';

const resultFiles = [
  'report.json',
  'report.md',
  'report.html',
  'report.csv',
  'junit.xml',
  'spec.json',
  'run.json',
];

/** Answers, plots, pictures, and what a nightly run has besides. */
const furtherFiles = ['predictions/', 'plots/', 'thumbnails.', 'night.', 'compare/'];

/** Refuses, before any work is done, a directory that could not take the results. */
export async function checkOutput(
  directory: string,
  { option = '--out' }: { option?: string } = {},
): Promise<void> {
  try {
    await makeFolder(directory);
    await access(directory, constants.W_OK);
    const probe = join(directory, '.topfive-probe');
    await writeFile(probe, '');
    await rm(probe);
  } catch (error) {
    throw new TopfiveError(
      'output',
      `cannot write to the output directory ${directory}: ${messageOf(error)}; choose another ${option}`,
      { cause: error },
    );
  }
}

export async function collectRun(
  storage: Storage,
  { runId, directory }: { runId: string; directory: string },
): Promise<void> {
  const { root } = runKeys(runId);
  const names = [...resultFiles];
  for (const part of furtherFiles) {
    for await (const { key } of storage.list(root + part)) names.push(key.slice(root.length));
  }
  for (const name of names) {
    const target = join(directory, name);
    await makeFolder(dirname(target));
    await writeFile(target, await storage.get(root + name));
  }
}
