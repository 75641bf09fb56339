/** The spec: what the user asks for, as YAML or JSON, checked to the last field. */
import { isAbsolute, posix, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parse as parseYaml } from 'yaml';
import { z } from 'zod';
import { recipeSchema } from '../data/recipe.ts';
import { subsetSchema } from '../data/subset.ts';
import { messageOf, TopfiveError } from '../errors.ts';
import { devices } from '../onnx/device.ts';
import { earlyStopSchema, type Gates, gatesSchema } from './gates.ts';
import { latencySchema } from './latency-spec.ts';
import { budgetSchema, deadlineSchema } from './spending.ts';
import { workerMemorySchema } from './worker-memory.ts';

const plainName = (what: string) =>
  z.string().regex(/^[A-Za-z0-9._-]+$/, `${what} is made of letters, digits, ".", "_" and "-"`);

const modelId = plainName('a model id');

const modelSchema = z.union([
  modelId,
  z.strictObject({
    id: modelId,
    /** Path of an ONNX file; left out, the card's own artifact is used. */
    onnx: z.string().optional(),
    /** Id of a card in the registry: its recipe, classes and published figures. */
    card: z.string().optional(),
    /** The recipe itself, instead of a card's. */
    recipe: recipeSchema.optional(),
    /** Leading background outputs of the head: 1 for a 1001-class head. */
    classOffset: z.number().int().min(0).max(1000).optional(),
  }),
]);

const positive = z.number().int().positive();

const datasetSchema = z.strictObject({
  uri: z.string().min(1),
  labels: z.string().optional(),
  /** The devkit's meta.mat, for a ground-truth file in the devkit's class order. */
  devkit: z.string().optional(),
  layout: z.enum(['auto', 'list', 'folder', 'tar', 'parquet']).default('auto'),
  /** More labels for the same images, such as ReaL, scored in the same pass. */
  labelSets: z
    .array(z.strictObject({ name: plainName('the name of a label set'), uri: z.string().min(1) }))
    .min(1)
    .refine(
      (sets) => new Set(sets.map(({ name }) => name)).size === sets.length,
      'each label set needs a name of its own',
    )
    .optional(),
});

export const specSchema = z.strictObject({
  version: z.literal(1),
  name: z.string().min(1).default('evaluation'),
  dataset: datasetSchema,
  /** A part of the images, drawn by a seed. */
  subset: subsetSchema.optional(),
  models: z.array(modelSchema).min(1),
  /** fp16 is made of the fp32 model; with both, the report shows what the narrower one changes. */
  precision: z
    .array(z.enum(['fp32', 'fp16']))
    .min(1)
    .refine((list) => new Set(list).size === list.length, 'each precision may stand there once')
    .default(['fp32']),
  device: z.enum(['auto', ...devices]).default('auto'),
  /** Where bytes are normalised: inside the model's graph or before it; auto is the graph wherever the file allows it. */
  normalisation: z.enum(['auto', 'graph', 'host']).default('auto'),
  /** What a night is held against, and how much may be lost. */
  gates: gatesSchema.optional(),
  /** Ends a run once every gate is decided; the order of the images is then random. */
  earlyStop: earlyStopSchema.optional(),
  /** Where the verdict of a night is sent; a URL that is a secret belongs in TOPFIVE_WEBHOOK. */
  webhook: z
    .url({ protocol: /^https?$/, error: 'it must be an https:// or http:// URL' })
    .optional(),
  batchSize: z.union([z.literal('auto'), positive.max(4096)]).default('auto'),
  shardSize: z.union([z.literal('auto'), positive]).default('auto'),
  latency: latencySchema.optional(),
  /** Pictures of wrongly answered images in the report, 40 unless told; 0 for none. */
  thumbnails: z.number().int().min(0).max(200).optional(),
  /** From the start of the run to its report; decides with the budget how many workers a launcher starts. */
  deadline: deadlineSchema.optional(),
  budget: budgetSchema.optional(),
  /** Decides how many models a worker has open at a time; results do not depend on it. */
  workerMemory: workerMemorySchema.optional(),
});

/** A parsed spec; every path in it is absolute or a URI. */
export type Spec = z.infer<typeof specSchema>;
export type ModelRequest = Exclude<Spec['models'][number], string>;

/**
 * Parses a spec's text.
 * @param folder absolute folder against which relative paths are resolved
 */
export function parseSpec(text: string, { source, folder }: { source: string; folder: string }) {
  let raw: unknown;
  try {
    raw = parseYaml(text, { prettyErrors: true });
  } catch (error) {
    const [firstLine] = messageOf(error).split('\n');
    throw new TopfiveError('spec', `${source} is not valid YAML or JSON: ${firstLine}`);
  }
  return checkSpec(raw, { source, folder });
}

/** Checks an already parsed spec and makes its paths absolute. */
export function checkSpec(
  raw: unknown,
  { source, folder }: { source: string; folder: string },
): Spec {
  const spec = check(specSchema, raw, source);
  return {
    ...spec,
    dataset: absoluteDataset(spec.dataset, folder),
    ...(spec.gates && { gates: absoluteBaseline(spec.gates, folder) }),
    models: spec.models.map((model) =>
      typeof model === 'string' || model.onnx === undefined
        ? model
        : { ...model, onnx: absolute(model.onnx, folder) },
    ),
  };
}

/** Checks the dataset part of a spec alone and makes its paths absolute. */
export function checkDataset(
  raw: unknown,
  { source, folder }: { source: string; folder: string },
): Spec['dataset'] {
  return absoluteDataset(check(datasetSchema, raw, source), folder);
}

function check<T>(schema: z.ZodType<T>, raw: unknown, source: string): T {
  const parsed = schema.safeParse(raw);
  if (parsed.success) return parsed.data;
  throw new TopfiveError('spec', `${source}: ${describeIssues(parsed.error)}`);
}

function absoluteDataset(dataset: Spec['dataset'], folder: string): Spec['dataset'] {
  return {
    ...dataset,
    uri: absolute(dataset.uri, folder),
    ...(dataset.labels && { labels: absolute(dataset.labels, folder) }),
    ...(dataset.devkit && { devkit: absolute(dataset.devkit, folder) }),
    ...(dataset.labelSets && {
      labelSets: dataset.labelSets.map((set) => ({ ...set, uri: absolute(set.uri, folder) })),
    }),
  };
}

/** A baseline with a `/` is the path or URI of a run folder; else a word or the id of a run. */
function absoluteBaseline(gates: Gates, folder: string): Gates {
  const { baseline } = gates;
  return baseline.includes('/') ? { ...gates, baseline: absolute(baseline, folder) } : gates;
}

const isUri = (path: string) => /^[a-z0-9+]+:\/\//i.test(path);

/** `file://` becomes a path, other URIs stay, relative paths resolve against `folder`, which may be a URI too. */
function absolute(path: string, folder: string): string {
  if (path.startsWith('file://')) return fileURLToPath(path);
  if (isUri(path) || isAbsolute(path)) return path;
  if (!isUri(folder)) return resolve(folder, path);
  const [, root, rest] = /^([a-z0-9+]+:\/\/[^/]*)(.*)$/i.exec(folder) ?? [];
  return root + posix.resolve('/', rest, path);
}

/** The issues of a zod error as one sentence: where, what was expected. */
function describeIssues(error: z.ZodError): string {
  return [...new Set(error.issues.flatMap(issueLines))].slice(0, 4).join('; ');
}

function issueLines(issue: z.core.$ZodIssue): string[] {
  const at = issue.path.length > 0 ? issue.path.join('.') : 'the top level';
  if (issue.code === 'unrecognized_keys') {
    return [`unknown field ${issue.keys.map((key) => `"${key}"`).join(', ')} at ${at}`];
  }
  if (issue.code === 'invalid_union') {
    const deepest = issue.errors
      .map((branch) =>
        branch.flatMap((inner) => issueLines({ ...inner, path: [...issue.path, ...inner.path] })),
      )
      .sort((a, b) => weight(b) - weight(a));
    return deepest[0]?.length ? deepest[0] : [`${at}: ${issue.message}`];
  }
  return [`${at}: ${issue.message}`];
}

/** Prefers the union branch that got furthest: its messages name the longest paths. */
function weight(lines: string[]): number {
  return lines.some((line) => line.startsWith('unknown field'))
    ? 100
    : (lines[0]?.split('.').length ?? 0);
}
