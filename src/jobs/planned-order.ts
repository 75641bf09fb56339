/** The order in which shards take the images: that of the manifest, or under early stop a random one, drawn beforehand. */
import type { ManifestEntry } from '../data/manifest.ts';
import { createRandom, permutation } from '../data/random.ts';

/** Tells this draw from other uses of the same seed. */
const orderStream = 1102;

/** Places in the manifest, first those of the first shard; without a seed the manifest's own order. */
export function plannedPlaces(images: number, seed: number | undefined): number[] {
  return seed === undefined
    ? Array.from({ length: images }, (_, place) => place)
    : permutation(images, createRandom(seed, orderStream));
}

/** The images as the plan's shards, which are ranges, count them. */
export function inPlannedOrder(
  entries: ManifestEntry[],
  { earlyStop }: { earlyStop?: { seed: number } | undefined },
): ManifestEntry[] {
  return earlyStop
    ? plannedPlaces(entries.length, earlyStop.seed).map((place) => entries[place])
    : entries;
}
