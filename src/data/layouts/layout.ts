/** What every layout gives, and which files count as images. */
import type { ManifestEntry } from '../manifest.ts';

export interface Indexed {
  entries: ManifestEntry[];
  /** Class names by index, where the layout has them. */
  classNames: string[] | null;
  /** One sentence each, for a person. */
  warnings: string[];
  /** Of the random order that the entries are in, where somebody put them into one. */
  seed?: number;
}

/** The endings that torchvision's ImageFolder takes for images (`IMG_EXTENSIONS`), whatever their case. */
export const imageEndings = ['jpg', 'jpeg', 'png', 'ppm', 'bmp', 'pgm', 'tif', 'tiff', 'webp'];
const image = new RegExp(`\\.(${imageEndings.join('|')})$`, 'i');

export function isImage(name: string): boolean {
  return image.test(name);
}

/** At most three names, and how many more there are. */
export function someOf(names: readonly string[]): string {
  const rest = names.length - 3;
  return names.slice(0, 3).join(', ') + (rest > 0 ? ` and ${rest} more` : '');
}
