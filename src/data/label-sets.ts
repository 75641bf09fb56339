/** More labels for the same images, such as ReaL: an image has any number of right classes, or none and is not judged. */
import { posix } from 'node:path';
import { z } from 'zod';
import { messageOf, TopfiveError } from '../errors.ts';
import { openObject } from '../storage/open.ts';
import { datasetError } from './dataset-error.ts';
import { parseList } from './layouts/list.ts';
import type { ManifestEntry } from './manifest.ts';

export interface LabelSetSource {
  name: string;
  /** Path or URI of JSON, or of a list of `<path> <class index>` lines. */
  uri: string;
}

export interface LabelSet extends LabelSetSource {
  /** Right classes of an image by its key; images that are not judged are left out. */
  classes: Map<string, number[]>;
}

const classIndex = z.number().int().nonnegative();
/** One entry an image, as in ReaL's `real.json`. */
const placedSchema = z.array(z.array(classIndex));
const keyedSchema = z.record(z.string(), classIndex.or(z.array(classIndex)));

/**
 * @param entries the whole dataset, which the file is about
 * @throws TopfiveError `dataset` where the file is not there, not readable, or about other images
 */
export async function readLabelSet(
  source: LabelSetSource,
  entries: readonly ManifestEntry[],
): Promise<LabelSet> {
  const classes = classesByImage(await readText(source), { source, entries });
  if (classes.size > 0) return { ...source, classes };
  throw datasetError(
    `The label set ${source.name} was expected to judge images of the dataset, but ${source.uri} has classes for none of them.`,
  );
}

interface Context {
  source: LabelSetSource;
  entries: readonly ManifestEntry[];
}

function classesByImage(text: string, context: Context): LabelSet['classes'] {
  const { source } = context;
  switch (text.trimStart()[0]) {
    case '[':
      return byPlace(parseJson(text, { source, schema: placedSchema }), context);
    case '{':
      return byKey(parseJson(text, { source, schema: keyedSchema }), context);
    default:
      return byKey(
        Object.fromEntries(parseList(text, source.uri).map(({ path, label }) => [path, label])),
        context,
      );
  }
}

async function readText({ name, uri }: LabelSetSource): Promise<string> {
  const { storage, key } = openObject(uri);
  try {
    return (await storage.get(key)).toString();
  } catch (error) {
    if (!(error instanceof TopfiveError) || error.kind !== 'not-found') throw error;
    throw datasetError(
      `The labels of the set ${name} were expected at ${uri}, and there is no such file; check dataset.labelSets.`,
      error,
    );
  }
}

function parseJson<T>(
  text: string,
  { source, schema }: { source: LabelSetSource; schema: z.ZodType<T> },
): T {
  try {
    return schema.parse(JSON.parse(text));
  } catch (error) {
    const reason =
      error instanceof z.ZodError
        ? `${error.issues[0].path.join('.')}: ${error.issues[0].message}`
        : messageOf(error);
    throw datasetError(
      `A JSON array with a list of class indices for each image, or an object with the classes of images by key, was expected in ${source.uri} (${reason}).`,
      error,
    );
  }
}

/** The number that ImageNet's validation images carry in their names, from 1. */
const imageNumber = /ILSVRC2012_val_(\d{8})\.[^/]*$/;

/** Entry k is about the image with number k + 1 in its name or, where the names have none, about image k of the dataset. */
function byPlace(lists: number[][], { source, entries }: Context): LabelSet['classes'] {
  const numbers = entries.map(({ key }) => Number(imageNumber.exec(key)?.[1]));
  const numbered = numbers.every((number) => number >= 1 && number <= lists.length);
  if (!numbered && lists.length !== entries.length) {
    throw datasetError(
      `${source.uri} has ${lists.length} entries, and the dataset ${entries.length} images without ImageNet's numbers in their names: one entry an image, in the order of the dataset, was expected; or an object with classes by image.`,
    );
  }
  return judged(entries, (index) => lists[numbered ? numbers[index] - 1 : index]);
}

/** By the key of an image or, where no key is known, by the last part of its path. */
function byKey(given: z.infer<typeof keyedSchema>, { source, entries }: Context) {
  const classesOf = new Map(
    Object.entries(given).map(([name, classes]) => [name, [classes].flat()]),
  );
  const keys = entries.map(({ key }) => key);
  const names = keys.some((key) => classesOf.has(key))
    ? keys
    : keys.map((key) => posix.basename(key));
  const known = new Set(names);
  const stray = [...classesOf.keys()].find((name) => !known.has(name));
  if (stray !== undefined) {
    throw datasetError(
      `${source.uri} has classes for ${stray}, which is no image of the dataset; use the label set of this dataset.`,
    );
  }
  refuseAmbiguous(names, { source, keys });
  return judged(entries, (index) => classesOf.get(names[index]));
}

/** File names alone do not tell images of two folders apart. */
function refuseAmbiguous(
  names: readonly string[],
  { source, keys }: { source: LabelSetSource; keys: readonly string[] },
): void {
  const first = new Map<string, number>();
  for (const [index, name] of names.entries()) {
    const earlier = first.get(name);
    if (earlier !== undefined) {
      throw datasetError(
        `${source.uri} names images by file name, and ${keys[earlier]} and ${keys[index]} have the same: name them by their paths in the dataset.`,
      );
    }
    first.set(name, index);
  }
}

function judged(
  entries: readonly ManifestEntry[],
  classesOf: (index: number) => number[] | undefined,
): LabelSet['classes'] {
  const all = entries.map(({ key }, index) => [key, classesOf(index) ?? []] as const);
  return new Map(all.filter(([, classes]) => classes.length > 0));
}
