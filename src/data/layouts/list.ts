/** The list layout: a text file with one `<path> <class index>` a line, as PaddleClas's val_list.txt. */
import { posix } from 'node:path';
import { isKey } from '../../storage/key.ts';
import type { Storage } from '../../storage/storage.ts';
import { datasetError } from '../dataset-error.ts';
import { type Indexed, someOf } from './layout.ts';

export interface ListedImage {
  /** Relative to the dataset's root. */
  path: string;
  label: number;
}

/**
 * Parses a list: path and label are parted by the last spaces or tabs of the line; blank lines and Windows line ends
 * are taken, comments are not known. A `dataset` TopfiveError names the line.
 * @param source what the text is called in errors
 */
export function parseList(text: string, source: string): ListedImage[] {
  const images: ListedImage[] = [];
  const lineOf = new Map<string, number>();
  for (const [index, line] of text
    .replace(/^\uFEFF/, '')
    .split(/\r\n|\n|\r/)
    .entries()) {
    if (line.trim() === '') continue;
    const where = `line ${index + 1} of ${source}`;
    const image = parseLine(line, where);
    const earlier = lineOf.get(image.path);
    if (earlier !== undefined) {
      throw datasetError(
        `Each image may be listed once, but ${image.path} stands in line ${earlier} and in ${where}; remove one of them.`,
      );
    }
    lineOf.set(image.path, index + 1);
    images.push(image);
  }
  if (images.length === 0) {
    throw datasetError(
      `Lines of the form "<path> <class index>" were expected in ${source}, and there is none.`,
    );
  }
  return images;
}

function parseLine(line: string, where: string): ListedImage {
  const parts = /^(.*[^ \t])[ \t]+([^ \t]+)[ \t]*$/s.exec(line);
  if (!parts) {
    throw datasetError(
      `"<path> <class index>" was expected in ${where}, not ${JSON.stringify(line)}.`,
    );
  }
  const [, listed, label] = parts;
  if (!/^\d{1,9}$/.test(label)) {
    throw datasetError(
      `A class index from 0 was expected at the end of ${where}, not ${JSON.stringify(label)}.`,
    );
  }
  const path = posix.normalize(listed);
  if (!isKey(path)) {
    throw datasetError(
      `A path relative to the dataset's root, and within it, was expected in ${where}, not ${JSON.stringify(listed)}.`,
    );
  }
  return { path, label: Number(label) };
}

/** Listed images that are not there get no size; a list of which nothing is there is an error. */
export async function indexList(
  root: Storage,
  { text, source }: { text: string; source: string },
): Promise<Indexed> {
  const listed = parseList(text, source);
  const { images, sizes, warnings } = await findImages(root, { listed, source });
  const entries = images.map(({ path, label }) => ({
    key: path,
    label,
    bytes: sizes.get(path) ?? null,
    at: { file: path },
  }));
  const absent = entries.filter(({ bytes }) => bytes === null).map(({ key }) => key);
  if (absent.length > 0) {
    warnings.push(
      `${absent.length} of the ${entries.length} images that ${source} lists are not in ${root.uri}: ${someOf(absent)}.`,
    );
  }
  return { entries, classNames: null, warnings };
}

/** Sizes of the listed images, with the paths taken from the root or, all of them, from the folder above it. */
async function findImages(
  root: Storage,
  { listed, source }: { listed: ListedImage[]; source: string },
): Promise<{ images: ListedImage[]; sizes: Map<string, number>; warnings: string[] }> {
  const sizes = await sizesBelow(root, listed);
  if (listed.some(({ path }) => sizes.has(path))) return { images: listed, sizes, warnings: [] };

  const own = `${decodeURIComponent(posix.basename(root.uri))}/`;
  const stripped = listed.map(({ path, label }) => ({ path: path.slice(own.length), label }));
  const prefixed = listed.every(({ path }) => path.startsWith(own));
  if (prefixed) {
    const found = await sizesBelow(root, stripped);
    if (stripped.every(({ path }) => found.has(path))) {
      const warning = `The paths in ${source} begin with ${own}, so they were taken from the folder above ${root.uri}.`;
      return { images: stripped, sizes: found, warnings: [warning] };
    }
  }
  const tried = prefixed ? `, nor are all of them there without the leading ${own}` : '';
  throw datasetError(
    `None of the ${listed.length} images that ${source} lists is in ${root.uri}${tried}; the first is ${listed[0].path}; paths are relative to the dataset's uri.`,
  );
}

async function sizesBelow(
  root: Storage,
  images: readonly ListedImage[],
): Promise<Map<string, number>> {
  const sizes = new Map<string, number>();
  for await (const { key, bytes } of root.list(commonFolder(images))) sizes.set(key, bytes);
  return sizes;
}

/** The deepest folder that holds all of the images, so that a neighbour such as the training set is not listed. */
function commonFolder(images: readonly ListedImage[]): string {
  let common = images[0].path;
  for (const { path } of images) {
    let length = 0;
    while (length < common.length && common[length] === path[length]) length++;
    common = common.slice(0, length);
  }
  return common.slice(0, common.lastIndexOf('/') + 1);
}
