/** From a dataset's URI to its manifest: finds out the layout and lists the images with their labels. */
import { messageOf, TopfiveError } from '../errors.ts';
import { openObject, openStorage } from '../storage/open.ts';
import type { Storage, StoredObject } from '../storage/storage.ts';
import { datasetError } from './dataset-error.ts';
import { indexDevkit, isGroundTruth } from './layouts/devkit.ts';
import { indexFolder } from './layouts/folder.ts';
import { type Indexed, isImage } from './layouts/layout.ts';
import { indexList } from './layouts/list.ts';
import { indexParquet } from './layouts/parquet.ts';
import { indexArchives, indexTar } from './layouts/tar.ts';
import { type Layout, type Manifest, makeManifest } from './manifest.ts';

export interface DatasetSource {
  /** A path or URI of a directory, or of a single .tar or .parquet file. */
  uri: string;
  layout: 'auto' | Layout;
  /** Path or URI of the labels of the list layout: a list, or the devkit's ground truth. */
  labels?: string | undefined;
  /** Path or URI of the devkit's meta.mat; unnamed, it is looked for beside the ground truth. */
  devkit?: string | undefined;
}

export interface IndexedDataset {
  manifest: Manifest;
  /** One sentence each, for a person. */
  warnings: string[];
}

/** A `dataset` TopfiveError for whatever is wrong with the dataset, a `spec` one for what does not fit together. */
export async function indexDataset(source: DatasetSource): Promise<IndexedDataset> {
  try {
    return await index(source);
  } catch (error) {
    if (!(error instanceof TopfiveError) || !['storage', 'not-found'].includes(error.kind))
      throw error;
    throw datasetError(`The dataset ${source.uri} cannot be indexed: ${error.message}`, error);
  }
}

async function index(source: DatasetSource): Promise<IndexedDataset> {
  const { labels, devkit } = source;
  if (labels === undefined) {
    if (source.layout === 'list' || devkit !== undefined) {
      throw new TopfiveError(
        'spec',
        'dataset.labels must name the file of labels that the list layout needs.',
      );
    }
    return indexUnlisted(source);
  }
  if (source.layout !== 'auto' && source.layout !== 'list') {
    throw new TopfiveError(
      'spec',
      `dataset.labels belongs to the layout list, and the layout is ${source.layout}, which has labels of its own; leave one of them out.`,
    );
  }
  const root = openStorage(source.uri);
  if (await isEmpty(root)) throw nothingAt(root.uri);
  const text = await readText(labels);
  const truth = isGroundTruth(text);
  if (devkit !== undefined && !truth) {
    throw new TopfiveError(
      'spec',
      `dataset.devkit goes with the devkit's ground truth, one number a line, and ${labels} is a list of paths; leave devkit out.`,
    );
  }
  const indexed = truth
    ? await indexTruth(root, { text, labels, devkit })
    : await indexList(root, { text, source: labels });
  return finish(root, { layout: 'list', indexed });
}

async function indexTruth(
  root: Storage,
  { text, labels, devkit }: { text: string; labels: string; devkit: string | undefined },
): Promise<Indexed> {
  const { storage, key } = openObject(devkit ?? labels);
  const metaKey = devkit === undefined ? 'meta.mat' : key;
  if ((await storage.size(metaKey)) === undefined) {
    throw datasetError(
      `${labels} has one number a line, which is the devkit's ground truth; its meta.mat was expected at ${devkit ?? `${storage.uri}/meta.mat`}: name it as dataset.devkit.`,
    );
  }
  const objects = await collect(root);
  return indexDevkit(root.uri, { objects, text, source: labels, meta: await storage.get(metaKey) });
}

async function indexUnlisted({ uri, layout }: DatasetSource): Promise<IndexedDataset> {
  const { root, objects, single } = await survey(uri);
  const folders = await root.folders('');
  if (objects.length === 0 && folders.length === 0) throw nothingAt(root.uri);
  const found = layout === 'auto' ? detectLayout(root.uri, objects) : layout;
  const ending = objects.filter(({ key }) => key.toLowerCase().endsWith(`.${found}`));
  if (found !== 'folder' && ending.length === 0) {
    throw datasetError(
      `Files ending in .${found} were expected in ${root.uri}, which has ${describe(objects)}.`,
    );
  }
  const indexed =
    found === 'folder'
      ? indexFolder(root.uri, { objects, folders })
      : found === 'tar'
        ? await (single ? indexArchives : indexTar)(root, ending)
        : await indexParquet(root, { files: ending, whole: !single });
  return finish(root, { layout: found, indexed });
}

/** Everything in the dataset; of a single file, the folder that holds it is the root. */
async function survey(
  uri: string,
): Promise<{ root: Storage; objects: StoredObject[]; single: boolean }> {
  if (/\.(tar|parquet)$/i.test(uri)) {
    const { storage, key } = openObject(uri);
    const bytes = await storage.size(key);
    if (bytes !== undefined) return { root: storage, objects: [{ key, bytes }], single: true };
  }
  const root = openStorage(uri);
  return { root, objects: await collect(root), single: false };
}

/** Which layout the files look like; a `dataset` TopfiveError when they look like none, or like several. */
function detectLayout(uri: string, objects: readonly StoredObject[]): Layout {
  const has = (test: (key: string) => boolean) => objects.some(({ key }) => test(key));
  const candidates: Layout[] = [];
  if (has((key) => /\.tar$/i.test(key))) candidates.push('tar');
  if (has((key) => /\.parquet$/i.test(key))) candidates.push('parquet');
  if (has((key) => key.includes('/') && isImage(key))) candidates.push('folder');
  if (candidates.length === 1) return candidates[0];
  const found = `${uri} has ${describe(objects)}`;
  if (candidates.length > 1) {
    throw datasetError(
      `One layout was expected, but ${found}; say dataset.layout: ${candidates.join(' or ')}.`,
    );
  }
  if (has(isImage)) {
    throw datasetError(
      `${found}, in no class folder; name their labels, one "<path> <class index>" a line, as dataset.labels.`,
    );
  }
  throw datasetError(
    `Class folders with images, .tar archives, .parquet files, or images and dataset.labels were expected, but ${found}.`,
  );
}

function describe(objects: readonly StoredObject[]): string {
  const count = (test: (key: string) => boolean) => objects.filter(({ key }) => test(key)).length;
  const kinds: [number, string][] = [
    [count((key) => isImage(key) && key.includes('/')), 'images in folders'],
    [count((key) => isImage(key) && !key.includes('/')), 'images at its top'],
    [count((key) => /\.tar$/i.test(key)), '.tar files'],
    [count((key) => /\.parquet$/i.test(key)), '.parquet files'],
    [count((key) => !isImage(key) && !/\.(tar|parquet)$/i.test(key)), 'other files'],
  ];
  const present = kinds
    .filter(([number]) => number > 0)
    .map(([number, kind]) => `${number} ${kind}`);
  return present.length > 0 ? present.join(', ') : 'only empty folders';
}

async function collect(root: Storage): Promise<StoredObject[]> {
  const objects: StoredObject[] = [];
  for await (const object of root.list('')) objects.push(object);
  return objects;
}

async function isEmpty(root: Storage): Promise<boolean> {
  for await (const _ of root.list('')) return false;
  return true;
}

async function readText(uri: string): Promise<string> {
  const { storage, key } = openObject(uri);
  const bytes = await storage.get(key);
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch (error) {
    throw datasetError(`${uri} was expected to be UTF-8 text: ${messageOf(error)}.`, error);
  }
}

function finish(
  root: Storage,
  { layout, indexed }: { layout: Layout; indexed: Indexed },
): IndexedDataset {
  const { entries, classNames, warnings, seed } = indexed;
  return { manifest: makeManifest({ uri: root.uri, layout, classNames, entries, seed }), warnings };
}

function nothingAt(uri: string): TopfiveError {
  return datasetError(`A dataset was expected at ${uri}, and nothing is there; check dataset.uri.`);
}
