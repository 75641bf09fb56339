/** Checking a dataset: every image is read and decoded, and what is wrong with it is said. */
import { messageOf, TopfiveError } from '../errors.ts';
import { sha256 } from '../storage/digest.ts';
import { type ImageSource, MissingImage, openImageSource } from './image-source.ts';
import { inOrder } from './in-order.ts';
import type { Manifest, ManifestEntry } from './manifest.ts';

export type Finding =
  | { kind: 'missing' | 'undecodable'; key: string; reason: string }
  /** The same bytes as an earlier image; with another label at least one of the two is wrong. */
  | { kind: 'duplicate'; key: string; label: number; of: { key: string; label: number } };

export interface VerifyOptions {
  /** Rejects for bytes that are no image; a TopfiveError is an error of the check itself. */
  decode: (bytes: Buffer) => Promise<unknown>;
  /** Images decoded at a time. */
  limit?: number;
  /** Called after each image. */
  onProgress?: (done: number) => void;
}

/** Findings in manifest order. */
export async function* verifyDataset(
  manifest: Manifest,
  { decode, limit = 8, onProgress }: VerifyOptions,
): AsyncGenerator<Finding> {
  const images = openImageSource(manifest);
  const first = new Map<string, ManifestEntry>();
  let done = 0;
  const checks = inOrder(manifest.entries, {
    limit,
    work: (entry) => check(entry, { images, decode }),
  });
  for await (const { entry, digest, findings } of checks) {
    onProgress?.(++done);
    yield* findings;
    if (digest === undefined) continue;
    const earlier = first.get(digest);
    if (!earlier) first.set(digest, entry);
    else yield { ...labelled(entry), kind: 'duplicate', of: labelled(earlier) };
  }
}

interface Check {
  entry: ManifestEntry;
  /** SHA-256 of the bytes; undefined for a missing image. */
  digest?: string;
  findings: Finding[];
}

async function check(
  entry: ManifestEntry,
  { images, decode }: { images: ImageSource; decode: VerifyOptions['decode'] },
): Promise<Check> {
  const { key } = entry;
  let bytes: Buffer;
  try {
    bytes = await images.read(entry);
  } catch (error) {
    if (!(error instanceof MissingImage)) throw error;
    return { entry, findings: [{ kind: 'missing', key, reason: error.message }] };
  }
  const digest = sha256(bytes);
  try {
    await decode(bytes);
    return { entry, digest, findings: [] };
  } catch (error) {
    if (error instanceof TopfiveError) throw error;
    return { entry, digest, findings: [{ kind: 'undecodable', key, reason: messageOf(error) }] };
  }
}

function labelled({ key, label }: ManifestEntry): { key: string; label: number } {
  return { key, label };
}
