/** From a checkpoint to an ONNX file. */
import { buildModel } from '../build.ts';
import type { WriteOptions } from '../write-artifact.ts';
import { type ImportedCheckpoint, importCheckpoint } from './import-checkpoint.ts';

/** What a checkpoint turned out to be. */
export type CheckpointKind = Pick<ImportedCheckpoint, 'naming' | 'format'>;

/**
 * @param id of a card
 * @throws TopfiveError `model`, with the list of all differences, for a checkpoint that does not fit; nothing is written
 */
export async function importModel(
  id: string,
  { checkpoint, ...options }: WriteOptions & { checkpoint: string },
): Promise<CheckpointKind> {
  const { naming, format, weights, close } = await importCheckpoint(id, checkpoint);
  try {
    await buildModel(id, { ...options, weights });
  } finally {
    await close();
  }
  return { naming, format };
}

/** Finds out what a checkpoint is, and that it fits; reads no weights. */
export async function recogniseCheckpoint(id: string, path: string): Promise<CheckpointKind> {
  const { naming, format, close } = await importCheckpoint(id, path);
  await close();
  return { naming, format };
}
