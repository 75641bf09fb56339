/** From a checkpoint on a web server to the artifact of its card. */
import { rm } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { TopfiveError } from '../errors.ts';
import type { ArtifactCache } from '../storage/artifact-cache.ts';
import { digestFile, sha256 } from '../storage/digest.ts';
import { checkUrl, type DownloadOptions, download } from '../storage/download.ts';
import {
  type CardArtifact,
  findCardArtifact,
  type ImportOptions,
  importCardArtifact,
  lastCheckpoint,
} from './card-artifact.ts';

export interface PullOptions {
  /** Of the card. */
  id: string;
  url: string;
  /** SHA-256 of the file in hex, or its first digits; undefined when nobody says it. */
  sha256: string | undefined;
  downloading: Pick<DownloadOptions, 'signal' | 'onProgress' | 'onRetry'>;
  importing: Pick<ImportOptions, 'signal' | 'onProgress' | 'onWait'>;
}

/**
 * Downloads a checkpoint and imports it; what was imported from the same URL before is not downloaded again. A digest that
 * nobody says is that of the last time, if there was one.
 * @throws TopfiveError `not-found` when it cannot be downloaded; `model` when it is not the file that it should be, or
 *   does not fit the card
 */
export async function pullCardArtifact(
  cache: ArtifactCache,
  { id, url, downloading, importing, ...options }: PullOptions,
): Promise<CardArtifact> {
  checkUrl(url);
  const last = await lastCheckpoint(cache, id);
  const expected = options.sha256 ?? (last?.source === url ? last.sha256 : '');
  const work = async (folder: string) => {
    const known = await findCardArtifact(cache, id);
    if (known && known !== 'removed') {
      const { source, sha256: digest } = known.checkpoint;
      if (source === url && digest.startsWith(expected)) return known;
    }
    const path = join(folder, fileNameOf(url));
    await download(url, { path, ...downloading });
    const digest = await digestFile(path);
    try {
      if (!digest.sha256.startsWith(expected)) {
        throw mismatch(url, { found: digest.sha256, expected });
      }
      const origin = { url, ...digest };
      return await importCardArtifact(cache, { id, checkpoint: path, origin, ...importing });
    } catch (error) {
      const isWrong = error instanceof TopfiveError && error.kind === 'model';
      if (isWrong) await rm(folder, { recursive: true });
      throw error;
    }
  };
  return cache.resumable(sha256(`download ${url}`), work, { onWait: importing.onWait });
}

/** @returns what a browser would call the file */
export function fileNameOf(url: string): string {
  return basename(new URL(url).pathname) || 'checkpoint';
}

function mismatch(
  url: string,
  { found, expected }: { found: string; expected: string },
): TopfiveError {
  const wanted = expected.length < found.length ? `one that begins with ${expected}` : expected;
  return new TopfiveError(
    'model',
    `${url} gave a file with the SHA-256 ${found}, but ${wanted} was expected: it is not the file that was published, and was not kept; --sha256 ${found} takes it all the same`,
  );
}
