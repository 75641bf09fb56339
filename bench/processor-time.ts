/** What an image costs: processor seconds of each part alone, threads and all. */
import { readdir, readFile } from 'node:fs/promises';
import { cpus } from 'node:os';
import { join } from 'node:path';
import { cropsOf } from '../src/data/crop.ts';
import { Undecodable } from '../src/data/decode.ts';
import { cropRuleOf, type Recipe } from '../src/data/recipe.ts';
import { measureBatch } from '../src/jobs/settle-batch.ts';
import { type ClassifierSession, openClassifier } from '../src/onnx/session.ts';

/** Cores in use by anybody between two looks at the machine. */
export function watchCores(): { busy: () => number } {
  const before = coreTimes();
  return {
    busy() {
      const now = coreTimes();
      const total = now.total - before.total;
      return total === 0 ? 0 : (cpus().length * (total - (now.idle - before.idle))) / total;
    },
  };
}

/** Milliseconds of all cores since the machine started. */
function coreTimes(): { idle: number; total: number } {
  const times = cpus().map((core) => core.times);
  const sum = (values: number[]) => values.reduce((total, value) => total + value, 0);
  return {
    idle: sum(times.map(({ idle }) => idle)),
    total: sum(times.flatMap((core) => Object.values(core))),
  };
}

/** Processor seconds of this process, user and system, of all its threads. */
function processorSeconds(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1e6;
}

/** Decode, resize and crop of the first `images` files, one after another; reading them is not counted. */
export async function costOfPixels(
  folder: string,
  { recipe, images }: { recipe: Recipe; images: number },
): Promise<number> {
  const files = (await readdir(folder)).sort().slice(0, images);
  const encoded = await Promise.all(files.map((file) => readFile(join(folder, file))));
  const rules = [cropRuleOf(recipe)];
  const started = processorSeconds();
  for (const bytes of encoded) {
    await cropsOf(bytes, rules).catch((error: unknown) => {
      if (!(error instanceof Undecodable)) throw error;
    });
  }
  return (processorSeconds() - started) / encoded.length;
}

/** A session of one thread, and the batch at which it is quickest. */
export interface Inference {
  session: ClassifierSession;
  batch: number;
}

export async function openInference(model: string, { crop }: Recipe): Promise<Inference> {
  const session = await openClassifier(model, { threads: 1, device: 'cpu' });
  const batch = await measureBatch(async (rows) => {
    const input = new Float32Array(rows * 3 * crop * crop);
    const started = performance.now();
    await session.run(input, rows);
    return (performance.now() - started) / 1000;
  });
  return { session, batch };
}

/** `session.run` alone, on at least `images` images. */
export async function costOfInference(
  { session, batch }: Inference,
  { recipe, images }: { recipe: Recipe; images: number },
): Promise<number> {
  const length = batch * 3 * recipe.crop ** 2;
  const input = Float32Array.from({ length }, (_, index) => ((index * 37) % 401) / 100 - 2);
  const runs = Math.ceil(images / batch);
  const started = processorSeconds();
  for (let run = 0; run < runs; run += 1) await session.run(input, batch);
  return (processorSeconds() - started) / (runs * batch);
}
