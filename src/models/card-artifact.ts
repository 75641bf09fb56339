/** The artifact of a card on this machine: what a spec means that names the card alone. It lies in the cache. */
import { join, resolve } from 'node:path';
import { z } from 'zod';
import { TopfiveError } from '../errors.ts';
import type { ArtifactCache } from '../storage/artifact-cache.ts';
import { digestFile, digestOf, stampOf } from '../storage/digest.ts';
import { openFs } from '../storage/fs.ts';
import type { Storage } from '../storage/storage.ts';
import { type Artifact, cachedArtifact } from './artifact.ts';
import { networkOf } from './build.ts';
import { importModel, recogniseCheckpoint } from './import/import-model.ts';
import type { WriteOptions } from './write-artifact.ts';

const recordSchema = z.object({
  schemaVersion: z.literal(1),
  /** Of the entry in the cache. */
  key: z.string(),
  checkpoint: z.object({
    /** Path or URL that it came from. */
    source: z.string(),
    sha256: z.string(),
    bytes: z.number().int(),
    naming: z.string(),
    format: z.string(),
  }),
});
type CardRecord = z.infer<typeof recordSchema>;

export interface CardArtifact {
  artifact: Artifact;
  checkpoint: CardRecord['checkpoint'];
}

export interface ImportOptions extends Pick<WriteOptions, 'signal' | 'onProgress'> {
  /** Path of the file of weights. */
  checkpoint: string;
  /** Where it was downloaded from, and what its digest was then found to be. */
  origin?: { url: string; sha256: string; bytes: number };
  onWait: (pid: number) => void;
}

/** Changes when the same checkpoint and network would be written as other bytes. */
const writerVersion = 1;

/**
 * Imports a checkpoint into the cache; from now on it is the artifact of the card.
 * @throws TopfiveError `model` for a checkpoint that does not fit; the card then keeps the artifact that it had
 */
export async function importCardArtifact(
  cache: ArtifactCache,
  { id, checkpoint: path, origin, onWait, ...writing }: ImportOptions & { id: string },
): Promise<CardArtifact> {
  const kind = await recogniseCheckpoint(id, path);
  const stamp = await stampOf(path);
  const { sha256, bytes } = origin ?? (await digestFile(path));
  const key = digestOf({ checkpoint: sha256, network: networkOf(id), writerVersion });
  const files = await cache.getOrMake(
    key,
    async (folder) => {
      await importModel(id, { ...writing, checkpoint: path, path: join(folder, fileOf(id)) });
      if ((await stampOf(path)) !== stamp) throw changed(path);
    },
    { onWait },
  );
  const checkpoint = { source: origin?.url ?? resolve(path), sha256, bytes, ...kind };
  const record: CardRecord = { schemaVersion: 1, key, checkpoint };
  await recordsIn(cache).put(keyOf(id), JSON.stringify(record));
  return { artifact: cachedArtifact(files, fileOf(id)), checkpoint };
}

/** @returns undefined when none was imported, `removed` when it had to make room for others */
export async function findCardArtifact(
  cache: ArtifactCache,
  id: string,
): Promise<CardArtifact | 'removed' | undefined> {
  const record = await readRecord(cache, id);
  if (!record) return undefined;
  const files = await cache.find(record.key);
  if (!files) return 'removed';
  return { artifact: cachedArtifact(files, fileOf(id)), checkpoint: record.checkpoint };
}

/** What was last imported for a card, whether or not it is still there. */
export async function lastCheckpoint(
  cache: ArtifactCache,
  id: string,
): Promise<CardRecord['checkpoint'] | undefined> {
  return (await readRecord(cache, id))?.checkpoint;
}

/** One that cannot be read, after a crash or by an older version, is as good as none. */
async function readRecord(cache: ArtifactCache, id: string): Promise<CardRecord | undefined> {
  const records = recordsIn(cache);
  if ((await records.size(keyOf(id))) === undefined) return undefined;
  try {
    return recordSchema.parse(JSON.parse((await records.get(keyOf(id))).toString()));
  } catch (error) {
    if (error instanceof SyntaxError || error instanceof z.ZodError) return undefined;
    throw error;
  }
}

function changed(path: string): TopfiveError {
  return new TopfiveError(
    'model',
    `The checkpoint ${path} was changed while it was read: try again when nothing writes it.`,
  );
}

function recordsIn({ root }: ArtifactCache): Storage {
  return openFs(join(root, 'cards'));
}

const keyOf = (id: string) => `${id}.json`;
const fileOf = (id: string) => `${id}.onnx`;
