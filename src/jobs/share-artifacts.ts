/** Artifacts that lie on this machine alone, copied into the store of a run: workers elsewhere take them from there. */
import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { TopfiveError } from '../errors.ts';
import { type Artifact, isUntouched, readArtifact } from '../models/artifact.ts';
import { isS3Uri } from '../storage/s3-uri.ts';
import type { Storage } from '../storage/storage.ts';
import { locateModel } from './locate-model.ts';
import type { Plan } from './plan.ts';
import { requestsOf } from './prepare-models.ts';
import { copyKey } from './run-keys.ts';

export interface SharingOptions {
  storage: Storage;
  /** Ends the copying; what is not whole is not there. */
  signal: AbortSignal;
  /** Bytes, of those that were not there yet. */
  onProgress: (progress: { done: number; total: number }) => void;
}

/**
 * Copies what is not there yet; a copy is known by its digest and serves every run of the store.
 * @returns the plan, and in it the spec, with the copies in the place of the files
 * @throws TopfiveError `model` for a file that is not the planned one any more
 */
export async function shareArtifacts(plan: Plan, options: SharingOptions): Promise<Plan> {
  const { storage } = options;
  const requests = requestsOf(plan.spec);
  const own = requests.filter(({ onnx }) => onnx === undefined || !isS3Uri(onnx));
  const uris = new Map<string, string>();
  const artifacts: Artifact[] = [];
  for (const request of own) {
    const artifact = await readArtifact(await locateModel(request));
    refuseOther(artifact, { plan, id: request.id });
    artifacts.push(artifact);
    uris.set(request.id, `${storage.uri}/${copyKey(artifact.sha256, artifact.files[0].name)}`);
  }
  await copyAbsent(await piecesOf(artifacts), options);
  for (const artifact of artifacts) await refuseChanged(artifact, storage);
  return {
    ...plan,
    models: plan.models.map((model) => {
      const uri = uris.get(model.id);
      return uri === undefined ? model : { ...model, artifact: { ...model.artifact, uri } };
    }),
    spec: {
      ...plan.spec,
      models: requests.map((request) => ({
        ...request,
        onnx: uris.get(request.id) ?? request.onnx,
      })),
    },
  };
}

interface Piece {
  path: string;
  key: string;
  bytes: number;
}

/** Of each artifact the ONNX file last: with it the others are there. */
async function piecesOf(artifacts: readonly Artifact[]): Promise<Piece[]> {
  const pieces: Piece[] = [];
  for (const { path, sha256, files } of artifacts) {
    for (const { name } of files.toReversed()) {
      const file = join(dirname(path), name);
      pieces.push({ path: file, key: copyKey(sha256, name), bytes: (await stat(file)).size });
    }
  }
  return pieces;
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

function refuseOther({ path, sha256 }: Artifact, { plan, id }: { plan: Plan; id: string }): void {
  const planned = plan.models.filter((model) => model.id === id);
  const expected = planned.map(({ artifact, conversion }) => conversion?.from ?? artifact.sha256);
  if (!expected.every((digest) => digest === sha256)) throw changed(path);
}

/** Of a file that somebody wrote meanwhile nobody knows what was copied. */
async function refuseChanged(artifact: Artifact, storage: Storage): Promise<void> {
  if (await isUntouched(artifact)) return;
  for (const { name } of artifact.files) await storage.delete(copyKey(artifact.sha256, name));
  throw changed(artifact.path);
}

function changed(path: string): TopfiveError {
  return new TopfiveError(
    'model',
    `${path} was changed while the run was submitted: try again when nothing writes it`,
  );
}
