/**
 * All fourteen models on a handful of images: `npx tsx bench/fourteen.ts [--images 4] [--folder DIR]`.
 * Prints the time and the peak memory of building each with seeded weights, and of one `topfive run` of them all.
 */
import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { availableParallelism, tmpdir, totalmem } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { writeSyntheticDataset } from '../src/data/synthetic.ts';
import { cards } from '../src/models/cards.ts';
import { compile } from './compile.ts';
import { runWatched } from './watched-command.ts';

const { values: flags } = parseArgs({
  options: {
    images: { type: 'string', default: '4' },
    /** Takes a folder of 11 GB. */
    folder: { type: 'string', default: tmpdir() },
  },
});

const gigabytes = (bytes: number) => (bytes / 1e9).toFixed(2).padStart(7);
const seconds = (value: number) => value.toFixed(1).padStart(7);

async function sizeOf(path: string): Promise<number> {
  const { size } = await stat(path);
  const beside = await stat(`${path}.data`).catch(() => ({ size: 0 }));
  return size + beside.size;
}

async function build(main: string, folder: string): Promise<void> {
  for (const { id } of cards) {
    const path = join(folder, `${id}.onnx`);
    const built = await runWatched(
      [main, 'models', 'build', id, '--seed', '1', '--out', path],
      folder,
    );
    const size = gigabytes(await sizeOf(path));
    process.stdout.write(
      `${id.padEnd(28)}${size} GB, built in${seconds(built.seconds)} s with${gigabytes(built.largest)} GB\n`,
    );
  }
}

async function evaluate(main: string, folder: string): Promise<void> {
  const images = Number(flags.images);
  const written = await writeSyntheticDataset({ directory: folder, images, seed: 1, split: 'val' });
  const dataset = { uri: written.uri, labels: written.labels };
  const models = cards.map(({ id }) => ({ id, onnx: `./${id}.onnx` }));
  const spec = join(folder, 'spec.json');
  await writeFile(spec, JSON.stringify({ version: 1, name: 'fourteen', dataset, models }));
  const out = join(folder, 'out');
  const arguments_ = ['run', spec, '--store', join(folder, 'store'), '--out', out];
  const ran = await runWatched([main, ...arguments_], folder);
  const record = JSON.parse(await readFile(join(out, 'report.json'), 'utf8'));
  process.stdout.write(`${ran.stdout}\n`);
  process.stdout.write(
    `${record.models.length} models on ${images} images: ${record.status} in${seconds(ran.seconds)} s; all processes together${gigabytes(ran.together)} GB, the largest${gigabytes(ran.largest)} GB\n`,
  );
}

const folder = await mkdtemp(join(flags.folder, 'topfive-fourteen-'));
try {
  process.stdout.write(`${availableParallelism()} cores,${gigabytes(totalmem())} GB\n`);
  const main = await compile(folder);
  await build(main, folder);
  await evaluate(main, folder);
} finally {
  await rm(folder, { recursive: true });
}
