/** From a spec file, or from flags in its place, to a checked spec. */
import { readFile } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import type { Command } from 'commander';
import { parse as parseYaml } from 'yaml';
import { isSystemError, messageOf, TopfiveError } from '../errors.ts';
import { checkSpec, parseSpec, type Spec } from '../jobs/spec.ts';
import { findCard } from '../models/cards.ts';
import { openObject } from '../storage/open.ts';
import { isS3Uri } from '../storage/s3-uri.ts';
import { type DatasetFlags, datasetOf, layoutOption } from './dataset-flags.ts';
import {
  autoOr,
  collect,
  type DeviceFlag,
  deviceOption,
  type NormalisationFlag,
  normalisationOption,
  readPrecisions,
} from './options.ts';

export interface SpecFlags extends DatasetFlags {
  name?: string;
  device?: DeviceFlag;
  precision?: string[];
  normalisation?: NormalisationFlag;
  batchSize?: 'auto' | number;
  shardSize?: 'auto' | number;
  dataset?: string;
  model?: string[];
  recipe?: string;
  /** Fields over those of the spec's block. */
  latency?: object;
}

/** Flags that make a spec of their own. */
const making = ['dataset', 'labels', 'devkit', 'layout', 'model', 'recipe'] as const;

export function addSpecOptions(command: Command): Command {
  return command
    .argument('[spec]', 'a YAML or JSON file that says what to evaluate')
    .option('--dataset <uri>', 'without a spec: the images, a folder or file')
    .option('--labels <file>', 'without a spec: the labels, where the layout needs them')
    .option('--devkit <file>', "without a spec: the devkit's meta.mat, for labels in its order")
    .addOption(layoutOption())
    .option('--model <id[=file.onnx]>', 'without a spec: a model; may be repeated', collect)
    .option('--recipe <file|card>', 'without a spec: the recipe of models that have no card')
    .option('--name <name>', 'name of the run in its report')
    .addOption(deviceOption())
    .option(
      '--precision <list>',
      'fp32, fp16 or both: fp16 models are made of the fp32 ones, and the report shows what that changes',
      readPrecisions,
    )
    .addOption(normalisationOption())
    .option('--batch-size <n>', 'images a batch, or auto', autoOr(1))
    .option('--shard-size <n>', 'images a shard, or auto', autoOr(1));
}

/** @throws TopfiveError `spec` or `usage`, in one sentence that names the place */
export async function readSpec(file: string | undefined, flags: SpecFlags): Promise<Spec> {
  const spec = file === undefined ? await specFromFlags(flags) : await specFromFile(file, flags);
  const { name, device, precision, normalisation, batchSize, shardSize, latency } = flags;
  const over = {
    ...(name !== undefined && { name }),
    ...(device !== undefined && { device }),
    ...(precision !== undefined && { precision }),
    ...(normalisation !== undefined && { normalisation }),
    ...(batchSize !== undefined && { batchSize }),
    ...(shardSize !== undefined && { shardSize }),
    ...(latency !== undefined && { latency: { ...spec.latency, ...latency } }),
  };
  return checkSpec({ ...spec, ...over }, { source: 'the flags', folder: process.cwd() });
}

async function specFromFile(file: string, flags: SpecFlags): Promise<Spec> {
  const unused = making.filter((flag) => flags[flag] !== undefined).map((flag) => `--${flag}`);
  if (unused.length > 0) {
    throw new TopfiveError(
      'usage',
      `${file} says what to evaluate already: leave out ${unused.join(', ')}, or leave out the file`,
    );
  }
  const text = await readText(file);
  const folder = isS3Uri(file) ? file.slice(0, file.lastIndexOf('/')) : dirname(resolve(file));
  return parseSpec(text, { source: file, folder });
}

async function readText(file: string): Promise<string> {
  if (isS3Uri(file)) {
    const { storage, key } = openObject(file);
    return (await storage.get(key)).toString();
  }
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    const why = isSystemError(error, 'ENOENT') ? 'there is no such file' : messageOf(error);
    throw new TopfiveError('spec', `the spec ${file} cannot be read: ${why}`, { cause: error });
  }
}

async function specFromFlags(flags: SpecFlags): Promise<Spec> {
  const { dataset, model } = flags;
  if (dataset === undefined || model === undefined) {
    throw new TopfiveError(
      'usage',
      'nothing says what to evaluate: name a spec file, or give --dataset and at least one --model',
    );
  }
  const recipe = flags.recipe === undefined ? undefined : await readRecipe(flags.recipe);
  const raw = {
    version: 1,
    dataset: datasetOf(dataset, flags),
    models: model.map((text) => modelFromFlag(text, recipe)),
  };
  return checkSpec(raw, { source: 'the flags', folder: process.cwd() });
}

type RecipeFlag = { card: string } | { recipe: unknown };

function modelFromFlag(text: string, recipe: RecipeFlag | undefined) {
  const cut = text.indexOf('=');
  const id = cut < 0 ? text : text.slice(0, cut);
  return {
    id,
    ...(cut >= 0 && { onnx: text.slice(cut + 1) }),
    ...(findCard(id) ? { card: id } : recipe),
  };
}

/** The id of a card, or else a YAML or JSON file with the fields of a recipe. */
async function readRecipe(text: string): Promise<RecipeFlag> {
  if (findCard(text)) return { card: text };
  let content: string;
  try {
    content = await readFile(text, 'utf8');
  } catch (error) {
    if (!isSystemError(error, 'ENOENT')) throw error;
    throw new TopfiveError(
      'spec',
      `--recipe ${text} is neither a file nor the id of a model card`,
      { cause: error },
    );
  }
  try {
    return { recipe: parseYaml(content) };
  } catch (error) {
    throw new TopfiveError(
      'spec',
      `the recipe ${text} is not valid YAML or JSON: ${messageOf(error).split('\n')[0]}`,
      { cause: error },
    );
  }
}
