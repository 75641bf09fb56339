/** Small pictures of the images that models got wrong, made once with a run's report and kept beside it. */
import { z } from 'zod';
import type { Manifest } from '../data/manifest.ts';
import { TopfiveError } from '../errors.ts';
import { mistakeRows, type Pictures } from '../report/mistake-rows.ts';
import type { RunRecord } from '../scoring/run-record.ts';
import { readStored } from './read-stored.ts';
import type { RunFolder } from './run-folder.ts';
import { makeThumbnails } from './thumbnails.ts';

/** Within the run folder: JPEG files in base64, by image key. */
export const picturesFile = 'thumbnails.json';

const picturesSchema = z.record(z.string(), z.string());

/** Pictures of a page that is to stay under 3 MB with fourteen models. */
const defaultCount = 40;
const budget = 400_000;
const ahead = 4;

/** Accuracy does not depend on them: where the images cannot be reached there are none. */
export async function mistakePictures(
  record: RunRecord,
  { manifest, count = defaultCount }: { manifest: Manifest; count: number | undefined },
): Promise<Pictures> {
  const keys = mistakeRows(record)
    .map(({ key }) => key)
    .slice(0, count);
  try {
    return await makeThumbnails(keys, { manifest, ahead, budget });
  } catch (error) {
    if (error instanceof TopfiveError) return new Map();
    throw error;
  }
}

export function picturesText(pictures: Pictures): string {
  const entries = [...pictures].map(([key, jpeg]) => [key, Buffer.from(jpeg).toString('base64')]);
  return `${JSON.stringify(Object.fromEntries(entries))}\n`;
}

/** None for runs of earlier versions. */
export async function readPictures({ storage, root }: RunFolder): Promise<Pictures> {
  const key = root + picturesFile;
  if ((await storage.size(key)) === undefined) return new Map();
  const stored = await readStored(storage, { key, schema: picturesSchema });
  return new Map(
    Object.entries(stored).map(([image, text]) => [image, Buffer.from(text, 'base64')]),
  );
}
