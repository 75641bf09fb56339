/** A run that has ended, read from its folder: the run record, the predictions, the manifest. */
import { loadManifest, type Manifest } from '../data/manifest.ts';
import { TopfiveError } from '../errors.ts';
import { decodePredictions, type PredictionColumns } from '../report/predictions.ts';
import type { ModelKey } from '../scoring/records.ts';
import { type RunRecord, runRecordSchema } from '../scoring/run-record.ts';
import type { Storage } from '../storage/storage.ts';
import { readStored } from './read-stored.ts';
import { predictionsFile } from './run-keys.ts';

export interface RunFolder {
  /** As the person named it. */
  name: string;
  storage: Storage;
  /** Key prefix of the run folder's files in `storage`. */
  root: string;
}

/** @throws TopfiveError `not-found` while the run has not ended */
export async function readReport({ name, storage, root }: RunFolder): Promise<RunRecord> {
  if ((await storage.size(`${root}report.json`)) === undefined) {
    throw new TopfiveError(
      'not-found',
      `run ${name} has no report yet; "topfive watch ${name}" shows how far it is`,
    );
  }
  return readStored(storage, { key: `${root}report.json`, schema: runRecordSchema });
}

/** The Parquet file of a model's answers. */
export function readPredictionsFile({ storage, root }: RunFolder, model: ModelKey) {
  return storage.get(root + predictionsFile(model));
}

/** @throws TopfiveError that names the file when it is gone or is not one of predictions */
export async function readPredictions(
  folder: RunFolder,
  model: ModelKey,
): Promise<PredictionColumns> {
  const bytes = await readPredictionsFile(folder, model);
  try {
    return await decodePredictions(bytes);
  } catch (error) {
    if (!(error instanceof TopfiveError)) throw error;
    const file = `${folder.storage.uri}/${folder.root}${predictionsFile(model)}`;
    throw new TopfiveError(error.kind, `${file}: ${error.message}`, { cause: error });
  }
}

/** Undefined for a folder of results only. */
export async function readManifest(
  { storage, root }: RunFolder,
  { dataset }: RunRecord,
): Promise<Manifest | undefined> {
  const key = `${root}manifest.json`;
  if ((await storage.size(key)) === undefined) return undefined;
  return loadManifest(storage, { digest: dataset.digest, key });
}
