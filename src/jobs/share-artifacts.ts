/** Artifacts that lie on this machine alone, copied into the store of a run: workers elsewhere take them from there. */
import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { TopfiveError } from '../errors.ts';
import { type Artifact, isUntouched } from '../models/artifact.ts';
import type { Storage } from '../storage/storage.ts';
import type { Plan, PlannedModel } from './plan.ts';
import { copyKey } from './run-keys.ts';

export interface SharingOptions {
  storage: Storage;
  /** Ends the copying; what is not whole is not there. */
  signal: AbortSignal;
  /** Bytes, of those that were not there yet. */
  onProgress: (progress: { done: number; total: number }) => void;
}

interface Piece {
  path: string;
  key: string;
  bytes: number;
}

/**
 * Copies what is not there yet; a copy is known by its digest and serves every run of the store.
 * @returns the plan, with the place of the copies
 * @throws TopfiveError `model` for a file that changes meanwhile
 */
export async function shareArtifacts(plan: Plan, options: SharingOptions): Promise<Plan> {
  const { storage } = options;
  const own = plan.models.filter(({ artifact }) => artifact.uri === undefined);
  const pieces = (await Promise.all(own.map(({ artifact }) => piecesOf(artifact)))).flat();
  await copyAbsent(pieces, options);
  for (const { artifact } of own) await refuseChanged(artifact, storage);
  const models = plan.models.map((model) =>
    own.includes(model) ? withCopy(model, storage) : model,
  );
  return { ...plan, models };
}

/** The ONNX file last: with it the others are there. */
async function piecesOf({ path, sha256, files }: Artifact): Promise<Piece[]> {
  return Promise.all(
    files.toReversed().map(async ({ name }) => {
      const file = join(dirname(path), name);
      return { path: file, key: copyKey(sha256, name), bytes: (await stat(file)).size };
    }),
  );
}

async function copyAbsent(
  pieces: readonly Piece[],
  { storage, signal, onProgress }: SharingOptions,
): Promise<void> {
  const absent = new Map<string, Piece>();
  for (const piece of pieces) {
    if ((await storage.size(piece.key)) !== piece.bytes) absent.set(piece.key, piece);
  }
  const total = [...absent.values()].reduce((sum, { bytes }) => sum + bytes, 0);
  let done = 0;
  async function* read(path: string): AsyncGenerator<Uint8Array> {
    for await (const chunk of createReadStream(path)) {
      if (signal.aborted) throw new TopfiveError('cancelled', 'the models were not all copied');
      yield chunk;
      done += chunk.length;
      onProgress({ done, total });
    }
  }
  for (const { key, path } of absent.values()) await storage.putStream(key, read(path));
}

/** Of a file that somebody wrote meanwhile nobody knows what was copied. */
async function refuseChanged(artifact: Artifact, storage: Storage): Promise<void> {
  if (await isUntouched(artifact)) return;
  for (const { name } of artifact.files) await storage.delete(copyKey(artifact.sha256, name));
  throw new TopfiveError(
    'model',
    `${artifact.path} was changed while it was copied to ${storage.uri}: try again when nothing writes it`,
  );
}

function withCopy(model: PlannedModel, { uri }: Storage): PlannedModel {
  const { artifact } = model;
  const copy = `${uri}/${copyKey(artifact.sha256, artifact.files[0].name)}`;
  return { ...model, artifact: { ...artifact, copy } };
}
