/** Small pictures of images, for reports that open offline. */
import { cropsOf } from '../data/crop.ts';
import { encodeJpeg, Undecodable } from '../data/decode.ts';
import { MissingImage, openImageSource } from '../data/image-source.ts';
import { inOrder } from '../data/in-order.ts';
import type { Manifest, ManifestEntry } from '../data/manifest.ts';
import type { CropRule } from '../data/recipe.ts';
import type { ComparisonRecord } from '../scoring/comparison-record.ts';

/** Twice the side in CSS pixels at which reports show them; 4 kB or so each. */
const side = 144;
const quality = 70;
/** Bytes of all pictures of a comparison together: a page of several MB opens slowly and fits no mail. */
const comparisonBudget = 4e6;

/** The middle of the image, about as much of it as most recipes leave; antialiased, for it is shrunk far. */
const rule: CropRule = {
  decoder: 'pillow',
  kernel: 'bilinear',
  resizeShort: Math.round((side * 256) / 224),
  crop: side,
};

/** Pictures of the `count` images that lost most margin in any model, 4 MB at most. */
export function flipThumbnails(
  { models }: ComparisonRecord,
  { manifest, count, ahead }: { manifest: Manifest; count: number; ahead: number },
): Promise<Map<string, Uint8Array>> {
  const flips = models.flatMap((model) => ('flips' in model ? model.flips : []));
  flips.sort((a, b) => (b.marginLost ?? 0) - (a.marginLost ?? 0));
  const keys = [...new Set(flips.map(({ key }) => key))].slice(0, count);
  return makeThumbnails(keys, { manifest, ahead, budget: comparisonBudget });
}

/**
 * JPEG files by image key, of the first images until `budget` bytes are spent. An image that cannot be decoded or is no
 * longer there has none.
 * @throws TopfiveError `storage` when the dataset cannot be reached
 */
export async function makeThumbnails(
  keys: readonly string[],
  { manifest, ahead, budget }: { manifest: Manifest; ahead: number; budget: number },
): Promise<Map<string, Uint8Array>> {
  const entries = new Map(manifest.entries.map((entry) => [entry.key, entry]));
  const source = openImageSource(manifest);
  const work = async (key: string) => ({ key, jpeg: await thumbnail(entries.get(key), source) });
  const made = new Map<string, Uint8Array>();
  let bytes = 0;
  for await (const { key, jpeg } of inOrder(keys, { limit: ahead, work })) {
    bytes += jpeg?.length ?? 0;
    if (bytes > budget) break;
    if (jpeg) made.set(key, jpeg);
  }
  return made;
}

async function thumbnail(
  entry: ManifestEntry | undefined,
  source: ReturnType<typeof openImageSource>,
): Promise<Uint8Array | undefined> {
  if (!entry) return undefined;
  try {
    const [crop] = await cropsOf(await source.read(entry), [rule]);
    return await encodeJpeg(crop, { width: side, height: side, quality });
  } catch (error) {
    if (error instanceof Undecodable || error instanceof MissingImage) return undefined;
    throw error;
  }
}
