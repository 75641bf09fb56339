/** A run named by a person: an id, a path to a run folder, or a URI of one. */
import { existsSync } from 'node:fs';
import { basename, dirname, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { TopfiveError } from '../errors.ts';
import { type RunFolder, readReport } from '../jobs/run-folder.ts';
import { runKeys } from '../jobs/run-keys.ts';
import { type RunState, readRunState, stateOfRecord } from '../jobs/run-state.ts';
import { openStorage } from '../storage/open.ts';

/** @param reference id in `store`, path, `file://` or `s3://` URI of a run folder */
export async function openRunFolder(reference: string, store: string): Promise<RunFolder> {
  const folder = folderOf(reference);
  const storage = openStorage(folder === undefined ? store : dirname(folder));
  const root = folder === undefined ? runKeys(reference).root : `${basename(folder)}/`;
  for (const file of ['report.json', 'plan.json']) {
    if ((await storage.size(root + file)) !== undefined) return { name: reference, storage, root };
  }
  throw new TopfiveError(
    'not-found',
    `there is no run "${reference}" in ${folder === undefined ? storage.uri : dirname(folder)}; "topfive list" shows the runs, --store names another place`,
  );
}

/** The folder when the reference is a path or URI; undefined when it is an id. */
function folderOf(reference: string): string | undefined {
  if (reference.startsWith('file://')) return fileURLToPath(reference);
  if (/^[a-z0-9]+:\/\//i.test(reference)) return reference.replace(/\/+$/, '');
  return reference.includes('/') || existsSync(resolve(reference)) ? resolve(reference) : undefined;
}

/** The run's id and store, for commands that act on the run and not only on its results. */
export async function openStoredRun(
  reference: string,
  store: string,
): Promise<{ runId: string; store: string }> {
  const { storage, root } = await openRunFolder(reference, store);
  const folder = folderOf(reference);
  if (folder === undefined) return { runId: reference, store };
  if (
    basename(dirname(folder)) !== 'runs' ||
    (await storage.size(`${root}plan.json`)) === undefined
  ) {
    throw new TopfiveError(
      'usage',
      `${reference} holds results only; name the run by its id and its --store`,
    );
  }
  return { runId: basename(folder), store: dirname(dirname(folder)) };
}

/** The state of a run, wherever it lies: in a store, or as a folder of results only. */
export async function readState(reference: string, store: string): Promise<RunState> {
  const run = await openRunFolder(reference, store);
  if ((await run.storage.size(`${run.root}plan.json`)) !== undefined) {
    const { runId, store: home } = await openStoredRun(reference, store);
    return readRunState(openStorage(home), { runId });
  }
  const record = await readReport(run);
  const records = record.environment.workers.reduce((sum, worker) => sum + worker.records, 0);
  return stateOfRecord(record, { total: records, done: records });
}
