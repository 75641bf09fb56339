/** The pixels that a model sees, as files: what its recipe makes of each image, before mean and std. */
import { writeFile } from 'node:fs/promises';
import { join, posix } from 'node:path';
import { inOrder } from '../data/in-order.ts';
import type { Manifest, ManifestEntry } from '../data/manifest.ts';
import { cropRuleOf, type Recipe } from '../data/recipe.ts';
import { messageOf, TopfiveError } from '../errors.ts';
import { sha256 } from '../storage/digest.ts';
import { makeFolder } from '../storage/make-folder.ts';
import type { PixelResult, PixelSource } from './ports.ts';

/** One image of `index.json`: its file of uint8, height × width × 3, RGB; or why there is none. */
export type CropRow =
  | { key: string; file: string; width: number; height: number; sha256: string }
  | { key: string; state: 'undecodable' | 'missing'; reason: string };

export interface CropOptions {
  recipe: Recipe;
  pixels: PixelSource;
  directory: string;
  /** Images under way at a time. */
  ahead: number;
  onRow: (row: CropRow) => void;
}

/** Writes a file an image and `index.json`, in the order of the manifest. */
export async function writeCrops(manifest: Manifest, options: CropOptions): Promise<CropRow[]> {
  const { recipe, pixels, directory, ahead, onRow } = options;
  const stems = cropStems(manifest.entries.map(({ key }) => key));
  const images = manifest.entries.map((entry, index) => ({ entry, file: `${stems[index]}.rgb` }));
  const rules = [cropRuleOf(recipe)];
  const work = async ({ entry, file }: (typeof images)[number]) =>
    writeCrop(await pixels.pixels(entry, rules), { entry, directory, file, side: recipe.crop });
  const rows: CropRow[] = [];
  try {
    await makeFolder(directory);
    for await (const row of inOrder(images, { limit: ahead, work })) {
      rows.push(row);
      onRow(row);
    }
    await writeFile(join(directory, 'index.json'), `${JSON.stringify(rows, null, 1)}\n`);
  } catch (error) {
    if (error instanceof TopfiveError) throw error;
    throw new TopfiveError('output', `cannot write crops to ${directory}: ${messageOf(error)}`, {
      cause: error,
    });
  }
  return rows;
}

async function writeCrop(
  result: PixelResult,
  target: { entry: ManifestEntry; directory: string; file: string; side: number },
): Promise<CropRow> {
  const { entry, directory, file, side } = target;
  if ('state' in result) return { key: entry.key, state: result.state, reason: result.reason };
  const [crop] = result.crops;
  await writeFile(join(directory, file), crop);
  return { key: entry.key, file, width: side, height: side, sha256: sha256(crop) };
}

/** From the plainest name of an image to one that no other image can have. */
const namings: ((key: string, index: number) => string)[] = [
  (key) => posix.parse(key).name,
  (key) => flat(key.slice(0, key.length - posix.extname(key).length)),
  (key) => flat(key),
  (key, index) => `${flat(key)}.${index}`,
];

const flat = (path: string) => path.replace(/[/\\]/g, '__');

/**
 * A file stem for each key: its file name without extension. Where several images share that, each of them takes its
 * whole path with `__` for `/`, then also its extension, then also its place in the manifest.
 */
export function cropStems(keys: readonly string[]): string[] {
  const levels = keys.map(() => 0);
  for (;;) {
    const stems = keys.map((key, index) => namings[levels[index]](key, index));
    const users = new Map<string, number>();
    for (const stem of stems) users.set(stem, (users.get(stem) ?? 0) + 1);
    const shared = stems.flatMap((stem, index) => ((users.get(stem) ?? 0) > 1 ? [index] : []));
    const movable = shared.filter((index) => levels[index] < namings.length - 1);
    if (movable.length === 0) return stems;
    for (const index of movable) levels[index] += 1;
  }
}
