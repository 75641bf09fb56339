/** The demo's data in its folder: made once, used again while it is what is asked for. */
import { existsSync } from 'node:fs';
import { readFile, rm, writeFile } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { stringify } from 'yaml';
import { z } from 'zod';
import { topfiveVersion } from '../config.ts';
import { isSystemError } from '../errors.ts';
import { checkSpec, type Spec } from '../jobs/spec.ts';
import { type DemoProgress, makeDemo } from '../models/demo-models.ts';

export interface DemoData {
  directory: string;
  images: number;
  seed: number;
  onProgress: (progress: DemoProgress) => void;
}

/** Says what was made; written last, so that its presence means that all of it is there. */
const madeSchema = z.object({
  images: z.number(),
  seed: z.number(),
  topfive: z.string(),
  spec: z.unknown(),
});

/** Makes data and `spec.yaml` unless they are there; returns the spec. */
export async function prepareDemo(demo: DemoData): Promise<{ spec: Spec; reused: boolean }> {
  const { directory, images, seed, onProgress } = demo;
  const data = join(directory, 'data');
  const marker = join(data, 'demo.json');
  const made = await readMade(marker);
  const source = { source: marker, folder: directory };
  if (made?.images === images && made.seed === seed && made.topfive === topfiveVersion) {
    const spec = checkSpec(made.spec, source);
    if (isThere(spec)) return { spec, reused: true };
  }
  if (made) await rm(data, { recursive: true });
  const { dataset, models } = await makeDemo({ directory: data, images, seed, onProgress });
  const here = (path: string) => `./${relative(directory, path)}`;
  const spec = {
    version: 1,
    name: 'demo',
    dataset: { uri: here(dataset.uri), labels: here(dataset.labels) },
    models: models.map(({ id, onnx, recipe }) => ({ id, onnx: here(onnx), recipe })),
  };
  await writeFile(join(directory, 'spec.yaml'), specText(spec));
  await writeFile(marker, JSON.stringify({ images, seed, topfive: topfiveVersion, spec }));
  return { spec: checkSpec(spec, source), reused: false };
}

/** False where somebody has deleted a part. */
function isThere({ dataset, models }: Spec): boolean {
  const files = models.flatMap((model) => (typeof model === 'string' ? [] : [model.onnx]));
  return [dataset.uri, dataset.labels, ...files].every((path) => path && existsSync(path));
}

/** Short enough to be read and edited: a line a model. */
function specText({
  version,
  name,
  dataset,
  models,
}: Record<string, unknown> & { models: unknown[] }) {
  const inline = (value: unknown) =>
    stringify(value, {
      collectionStyle: 'flow',
      lineWidth: 0,
      aliasDuplicateObjects: false,
    }).trim();
  return [
    `version: ${version}`,
    `name: ${name}`,
    `dataset: ${inline(dataset)}`,
    'models:',
    ...models.map((model) => `  - ${inline(model)}`),
    '',
  ].join('\n');
}

async function readMade(marker: string) {
  try {
    return madeSchema.safeParse(JSON.parse(await readFile(marker, 'utf8'))).data;
  } catch (error) {
    if (isSystemError(error, 'ENOENT') || error instanceof SyntaxError) return undefined;
    throw error;
  }
}
