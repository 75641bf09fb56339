/** An artifact's identity: the digest of its ONNX file and of the files that hold its weights. */
import { basename, dirname, join } from 'node:path';
import { readCacheSettings } from '../config.ts';
import { isSystemError, TopfiveError } from '../errors.ts';
import { externalFiles } from '../onnx/external.ts';
import { type CachedFiles, openArtifactCache } from '../storage/artifact-cache.ts';
import { digestFile, sha256, stampOf } from '../storage/digest.ts';

export interface ArtifactFile {
  /** In the folder of the ONNX file. */
  name: string;
  /** While it stays the same on this machine, so does the file. */
  stamp: string;
}

export interface Artifact {
  /** Absolute path of the ONNX file. */
  path: string;
  /** Of the file; with external data, of the digests of all its files, the ONNX file first. */
  sha256: string;
  /** Of all its files. */
  bytes: number;
  /** The ONNX file, then those that hold its weights. */
  files: ArtifactFile[];
}

/**
 * Reads all of an artifact once; one in the cache, whose digests are known, not even that.
 * @throws TopfiveError `model` when a file of it is missing
 */
export async function readArtifact(path: string): Promise<Artifact> {
  const cached = await openArtifactCache(readCacheSettings()).hold(path);
  if (cached) return cachedArtifact(cached, basename(path));
  try {
    const names = [basename(path), ...(await externalFiles(path))];
    const files = [];
    for (const name of names) files.push(await describeFile(dirname(path), name));
    return artifactOf(path, files);
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

async function describeFile(folder: string, name: string): Promise<ArtifactFile & Digest> {
  const path = join(folder, name);
  const stamp = await stampOf(path);
  return { name, stamp, ...(await digestFile(path)) };
}

/** @param name of the ONNX file among the files of an entry of the cache */
export function cachedArtifact({ folder, files }: CachedFiles, name: string): Artifact {
  const first = files.filter((file) => file.name === name);
  const others = files.filter((file) => file.name !== name);
  return artifactOf(join(folder, name), [...first, ...others]);
}

type Digest = Awaited<ReturnType<typeof digestFile>>;

/** @param files the ONNX file first, then those that hold its weights, in the order of their names */
function artifactOf(path: string, files: readonly (ArtifactFile & Digest)[]): Artifact {
  const digests = files.map((file) => file.sha256);
  return {
    path,
    sha256: digests.length === 1 ? digests[0] : sha256(digests.join('\n')),
    bytes: files.reduce((sum, { bytes }) => sum + bytes, 0),
    files: files.map(({ name, stamp }) => ({ name, stamp })),
  };
}

/**
 * Reads the files only where they may have changed, or lie on another machine.
 * @throws TopfiveError `model` when they are no longer those that the run was submitted with
 */
export async function checkArtifact(artifact: Artifact): Promise<void> {
  if (await isUntouched(artifact)) return;
  const { path, sha256 } = artifact;
  expectArtifact(await readArtifact(path), { sha256, name: path });
}

/** @param name as the person knows the artifact */
export function expectArtifact(
  found: Artifact,
  { sha256: expected, name }: { sha256: string; name: string },
): void {
  if (found.sha256 === expected) return;
  throw new TopfiveError(
    'model',
    `${name} has changed since the run was submitted (SHA-256 ${found.sha256.slice(0, 12)}…, expected ${expected.slice(0, 12)}…): submit it again`,
  );
}

/** Whether the files are those that were described, by their stamps alone. */
export async function isUntouched({ path, files }: Artifact): Promise<boolean> {
  for (const { name, stamp } of files) {
    const now = await stampOf(join(dirname(path), name)).catch(() => undefined);
    if (now !== stamp) return false;
  }
  return files.length > 0;
}
