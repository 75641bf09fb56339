/** One pass over the images of a shard: pixels are prepared ahead, every model takes them in order. */

import { inOrder } from '../data/in-order.ts';
import type { ManifestEntry } from '../data/manifest.ts';
import type { CropRule } from '../data/recipe.ts';
import { TopfiveError } from '../errors.ts';
import type { ModelPass } from './model-pass.ts';
import { contentDigest } from './reuse.ts';
import type { ShardProgress, ShardTools } from './shard-work.ts';

/** What reading the shard cost, and the digest of what was read. */
export interface Reading {
  content: string;
  readMs: number;
  pixelsMs: number;
}

interface Images {
  entries: ManifestEntry[];
  rules: CropRule[];
  tools: ShardTools;
}

export async function passOverImages(
  passes: ModelPass[],
  { entries, rules, tools }: Images,
): Promise<Reading> {
  const work = (entry: ManifestEntry) => tools.pixels.pixels(entry, rules);
  const digests: string[] = [];
  let readMs = 0;
  let pixelsMs = 0;
  for await (const pixels of inOrder(entries, { limit: tools.ahead, work })) {
    if (tools.signal.aborted) {
      throw new TopfiveError('cancelled', 'the shard was given up before its end');
    }
    for (const pass of passes) await pass.add(digests.length, pixels);
    if ('crops' in pixels) {
      readMs += pixels.readMs;
      pixelsMs += pixels.pixelsMs;
    }
    digests.push(pixels.sha256);
    tools.progress(progressOf(passes, entries.length));
  }
  return { content: contentDigest(digests), readMs, pixelsMs };
}

function progressOf(passes: ModelPass[], images: number): ShardProgress {
  const counts = passes.map((pass) => pass.settled());
  const scored = counts.reduce((sum, count) => sum + count.scored, 0);
  const failed = counts.reduce((sum, count) => sum + count.failed, 0);
  return { done: scored + failed, total: images * passes.length, scored, failed };
}
