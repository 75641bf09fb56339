/** Cutting a manifest into shards: contiguous ranges that cover it exactly, each with the digest of its content. */
import { TopfiveError } from '../errors.ts';
import type { ShardRef } from '../scoring/records.ts';
import { digestEntries, type ManifestEntry } from './manifest.ts';

/**
 * @param entries in the order in which shards take them
 * @param size images a shard; the last one has what is left
 */
export function cutShards(entries: ManifestEntry[], size: number): ShardRef[] {
  if (!Number.isSafeInteger(size) || size < 1) {
    throw new TopfiveError('spec', `A shard holds a positive whole number of images, not ${size}.`);
  }
  const count = Math.ceil(entries.length / size);
  return Array.from({ length: count }, (_, index) => {
    const start = index * size;
    const end = Math.min(start + size, entries.length);
    return { index, start, end, digest: digestEntries(entries.slice(start, end)) };
  });
}

/** A killed worker loses at most one shard of work, so a shard is a minute and a half of it. */
const secondsPerShard = 90;
/** Images in that time where no rate is known: about five models of EfficientNet-B0's size on one core. */
const usualSize = 500;
/** With several shards a worker, none waits long for the last one to finish. */
const shardsPerWorker = 4;
/** Below this a shard costs more to hand out than it saves; where even that is too many, each worker gets one shard. */
const fewestImages = 16;

/**
 * Images a shard. Results never depend on it.
 * @param load.imagesPerSecond what one worker does, all models together; unknown before the first run
 */
export function autoShardSize(load: {
  images: number;
  imagesPerSecond?: number;
  workers?: number;
}): number {
  const { images, imagesPerSecond, workers = 1 } = load;
  const byTime = imagesPerSecond ? Math.round(imagesPerSecond * secondsPerShard) : usualSize;
  const byWorkers = Math.floor(images / (shardsPerWorker * workers));
  return Math.max(Math.min(byTime, byWorkers), Math.min(fewestImages, Math.ceil(images / workers)));
}

/** Looks at the gates of a run that may stop early: each costs at most a hundredth of the images too many. */
const looks = 100;

/** Images a shard of a run that may stop early: the same whatever the machine. */
export function earlyShardSize(images: number): number {
  return Math.max(Math.ceil(images / looks), Math.min(fewestImages, images));
}
