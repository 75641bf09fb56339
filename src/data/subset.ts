/** A part of a manifest, drawn by a seed: a smaller measurement that says which images it is about. */
import { z } from 'zod';
import { TopfiveError } from '../errors.ts';
import { type Manifest, type ManifestEntry, makeManifest } from './manifest.ts';
import { createRandom, permutation, type Random } from './random.ts';

export const subsetSchema = z.strictObject({
  /** Images to draw. */
  size: z.number().int().positive(),
  seed: z.number().int().nonnegative().default(1),
  /** `class`: every class gets its share, to the image; left out, classes get what chance gives them. */
  stratify: z.enum(['class']).optional(),
});
export type Subset = z.infer<typeof subsetSchema>;

/** Tells this draw from other uses of the same seed. */
const subsetStream = 1101;

/**
 * The drawn images as a manifest of their own, in the order of the whole one. A smaller draw by the same seed without
 * strata is a part of a larger one.
 */
export function drawSubset(whole: Manifest, subset: Subset): Manifest {
  const { entries, uri, layout, classNames, seed } = whole;
  if (subset.size > entries.length) {
    throw new TopfiveError(
      'spec',
      `subset.size is ${subset.size}, but the dataset has ${entries.length} images; draw at most as many.`,
    );
  }
  const random = createRandom(subset.seed, subsetStream);
  const drawn = subset.stratify ? drawByClass : drawAtRandom;
  const places = drawn(entries, { size: subset.size, random }).sort((a, b) => a - b);
  const chosen = places.map((place) => entries[place]);
  return makeManifest({ uri, layout, classNames, entries: chosen, seed });
}

interface Draw {
  size: number;
  random: Random;
}

function drawAtRandom(entries: readonly ManifestEntry[], { size, random }: Draw): number[] {
  return permutation(entries.length, random).slice(0, size);
}

/** Shares by the largest remainder; which of equal remainders goes first is drawn too. */
function drawByClass(entries: readonly ManifestEntry[], { size, random }: Draw): number[] {
  const classes = new Map<number, number[]>();
  for (const [place, { label }] of entries.entries()) {
    const members = classes.get(label) ?? [];
    classes.set(label, members);
    members.push(place);
  }
  const strata = [...classes.entries()]
    .sort(([a], [b]) => a - b)
    .map(([, members]) => ({ members, share: (size * members.length) / entries.length }));
  const counts = strata.map(({ share }) => Math.floor(share));
  const left = size - counts.reduce((sum, count) => sum + count, 0);
  const remainder = (stratum: number) => strata[stratum].share - counts[stratum];
  const first = permutation(strata.length, random).sort((a, b) => remainder(b) - remainder(a));
  for (const stratum of first.slice(0, left)) counts[stratum] += 1;
  return strata.flatMap(({ members }, stratum) =>
    permutation(members.length, random)
      .slice(0, counts[stratum])
      .map((member) => members[member]),
  );
}
