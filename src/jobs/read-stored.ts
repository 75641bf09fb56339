/** Parsing what an earlier process wrote: another version, or a damaged disk, ends in one sentence. */
import type { z } from 'zod';
import { TopfiveError } from '../errors.ts';
import type { Storage } from '../storage/storage.ts';

/** @throws TopfiveError `usage` naming the file and its first field that is not as it should be */
export async function readStored<T>(
  storage: Storage,
  { key, schema }: { key: string; schema: z.ZodType<T> },
): Promise<T> {
  const parsed = schema.safeParse(parseJson(await storage.get(key)));
  if (parsed.success) return parsed.data;
  const [{ path, message }] = parsed.error.issues;
  throw new TopfiveError(
    'usage',
    `${storage.uri}/${key} was written by another version of topfive or is damaged (${path.join('.') || 'the whole'}: ${message}); read it with that version, or run again`,
  );
}

function parseJson(bytes: Buffer): unknown {
  try {
    return JSON.parse(bytes.toString());
  } catch {
    return undefined;
  }
}
