/** An artifact's identity: the digest of its ONNX file and of the files that hold its weights. */
import { readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { isSystemError, TopfiveError } from '../errors.ts';
import { externalFiles } from '../onnx/external.ts';
import { digestFile, sha256 } from '../storage/digest.ts';

export interface Artifact {
  /** Absolute path of the ONNX file. */
  path: string;
  /** Of the file; with external data, of the digests of all its files, the ONNX file first. */
  sha256: string;
  /** Of all its files. */
  bytes: number;
}

/** Protobuf's own limit: a larger file is no ONNX file. */
const largestGraph = 2 ** 31;

export async function readArtifact(path: string): Promise<Artifact> {
  try {
    const graph = await digestFile(path);
    const folder = dirname(path);
    const others = graph.bytes < largestGraph ? externalFiles(await readFile(path)) : [];
    const weights = await Promise.all(others.map((name) => digestFile(join(folder, name))));
    return artifactOf(path, [graph, ...weights]);
  } catch (error) {
    if (!isSystemError(error, 'ENOENT', 'EISDIR', 'EACCES', 'ENOTDIR')) throw error;
    throw new TopfiveError(
      'model',
      `no readable file at ${error.path ?? path}: check the path of the model`,
      {
        cause: error,
      },
    );
  }
}

/** @param files the ONNX file first, then those that hold its weights, in the order of their names */
export function artifactOf(
  path: string,
  files: readonly { sha256: string; bytes: number }[],
): Artifact {
  const digests = files.map((file) => file.sha256);
  return {
    path,
    sha256: digests.length === 1 ? digests[0] : sha256(digests.join('\n')),
    bytes: files.reduce((sum, { bytes }) => sum + bytes, 0),
  };
}

/** @throws TopfiveError `model` when the files are no longer those that the run was submitted with */
export async function checkArtifact({ path, sha256: expected }: Artifact): Promise<void> {
  const found = await readArtifact(path);
  if (found.sha256 === expected) return;
  throw new TopfiveError(
    'model',
    `${path} has changed since the run was submitted (SHA-256 ${found.sha256.slice(0, 12)}…, expected ${expected.slice(0, 12)}…): submit it again`,
  );
}
