/** How near `topfive run` comes to what the processor allows, and how far it leaves a plain script behind. */
import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { availableParallelism, cpus, tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { parseArgs, promisify } from 'node:util';
import { writeSyntheticDataset } from '../src/data/synthetic.ts';
import { buildModel } from '../src/models/build.ts';
import { findCard } from '../src/models/cards.ts';
import { compile } from './compile.ts';
import { type Inference, openInference, watchCores } from './processor-time.ts';
import { readPace } from './run-pace.ts';

const root = resolve(import.meta.dirname, '..');
const execute = promisify(execFile);
const card = findCard('EfficientNetB0')!;
const cores = availableParallelism();
const targets = { limit: 0.9, sequential: 1.5 };

const { values: flags } = parseArgs({
  options: {
    images: { type: 'string', default: '600' },
    rounds: { type: 'string', default: '3' },
  },
});

interface Bench {
  folder: string;
  /** The command line, compiled from the source as it is now. */
  main: string;
  dataset: { uri: string; labels: string };
  model: string;
  images: number;
}

async function prepare(folder: string): Promise<Bench> {
  const images = Number(flags.images);
  const main = await compile(folder);
  const model = join(folder, 'b0.onnx');
  await buildModel(card.id, { path: model, weights: { seed: 1 } });
  const written = await writeSyntheticDataset({ directory: folder, images, seed: 1, split: 'val' });
  const { uri, labels } = written;
  return { folder, main, dataset: { uri, labels }, model, images };
}

interface Ran {
  batch: number;
  /** Cores that nobody used while the command ran. */
  idleCores: number;
  steady: number;
  whole: number;
  startUpSeconds: number;
  endSeconds: number;
}

/** `topfive run` with the default number of workers, in a store of its own. */
async function runTopfive(
  { folder, main, dataset, model, images }: Bench,
  round: number,
): Promise<Ran> {
  const store = join(folder, `store-${round}`);
  const spec = join(folder, 'spec.json');
  const models = [{ id: 'b0', onnx: model, card: card.id }];
  await writeFile(spec, JSON.stringify({ version: 1, name: 'bench', dataset, models }));
  await mkdir(store);
  const watch = watchCores();
  const started = Date.now();
  await execute(process.execPath, [main, 'run', spec, '--store', store], { cwd: folder });
  const ended = Date.now();
  const idleCores = cores - watch.busy();
  const [runId] = await readdir(join(store, 'runs'));
  const pace = await readPace(join(store, 'runs', runId, 'records', 'b0.fp32'), cores);
  return {
    batch: pace.batch,
    idleCores,
    steady: pace.steady,
    whole: (1000 * images) / (ended - started),
    startUpSeconds: (pace.first - started) / 1000,
    endSeconds: (ended - pace.last) / 1000,
  };
}

interface Sequential {
  steady: number;
  whole: number;
}

async function runSequential({ dataset, model, images }: Bench): Promise<Sequential> {
  const script = ['--import', 'tsx', join(root, 'bench/sequential.ts'), dataset.uri, model];
  const started = performance.now();
  const { stdout } = await execute(process.execPath, script, { cwd: root });
  const wholeSeconds = (performance.now() - started) / 1000;
  const { seconds } = JSON.parse(stdout) as { seconds: number };
  return { steady: images / seconds, whole: images / wholeSeconds };
}

/** Both parts on every core at once: a core is slower while its neighbours work, and in a run they all do. */
async function measureParts({ dataset, model, images }: Bench, { batch }: Inference) {
  const counts = [String(batch), String(Math.min(images, 300))];
  const script = ['--import', 'tsx', join(root, 'bench/parts.ts'), dataset.uri, model, ...counts];
  const copies = Array.from({ length: cores }, () =>
    execute(process.execPath, script, { cwd: root }),
  );
  const costs = (await Promise.all(copies)).map(
    ({ stdout }) => JSON.parse(stdout) as { pixels: number; inference: number },
  );
  const mean = (values: number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
  return {
    pixels: mean(costs.map(({ pixels }) => pixels)),
    inference: mean(costs.map(({ inference }) => inference)),
  };
}

interface Round {
  /** Cores that other processes used just before. */
  othersCores: number;
  pixelsMs: number;
  inferenceMs: number;
  limit: number;
  ran: Ran;
  sequential: Sequential;
}

async function measureRound(bench: Bench, inference: Inference, round: number): Promise<Round> {
  const watch = watchCores();
  await pause(1000);
  const othersCores = watch.busy();
  const { pixels, inference: run } = await measureParts(bench, inference);
  const sequential = await runSequential(bench);
  const ran = await runTopfive(bench, round);
  return {
    othersCores,
    pixelsMs: 1000 * pixels,
    inferenceMs: 1000 * run,
    limit: cores / (pixels + run),
    ran,
    sequential,
  };
}

function median(values: number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

type Row = [what: string, unit: string, digits: number, of: (round: Round) => number];

const rows: Row[] = [
  ['others, just before', 'cores', 2, ({ othersCores }) => othersCores],
  ['decode, resize, crop alone', 'ms of a core an image', 2, ({ pixelsMs }) => pixelsMs],
  ['inference alone', 'ms of a core an image', 2, ({ inferenceMs }) => inferenceMs],
  ['limit: cores / their sum', 'images/s', 1, ({ limit }) => limit],
  ['topfive run, steady', 'images/s', 1, ({ ran }) => ran.steady],
  ['topfive run, whole command', 'images/s', 1, ({ ran }) => ran.whole],
  ['  cores idle meanwhile', 'cores', 2, ({ ran }) => ran.idleCores],
  ['  before its first image', 's', 2, ({ ran }) => ran.startUpSeconds],
  ['  after its last shard', 's', 2, ({ ran }) => ran.endSeconds],
  ['sequential script, steady', 'images/s', 1, ({ sequential }) => sequential.steady],
  ['sequential script, whole', 'images/s', 1, ({ sequential }) => sequential.whole],
];

const ratios: Row[] = [
  [
    'steady / limit',
    `target ≥ ${targets.limit.toFixed(2)}`,
    3,
    ({ ran, limit }) => ran.steady / limit,
  ],
  [
    'steady / sequential steady',
    `target ≥ ${targets.sequential.toFixed(2)}`,
    2,
    ({ ran, sequential }) => ran.steady / sequential.steady,
  ],
  ['whole / sequential whole', '', 2, ({ ran, sequential }) => ran.whole / sequential.whole],
];

function table(lines: Row[], rounds: Round[]): string {
  return lines
    .map(([what, unit, digits, of]) => {
      const each = rounds.map(of);
      const cells = [median(each), ...each].map((value) => value.toFixed(digits).padStart(8));
      return `${what.padEnd(28)}${cells.join('')}  ${unit}\n`;
    })
    .join('');
}

const folder = await mkdtemp(join(tmpdir(), 'topfive-bench-'));
try {
  const bench = await prepare(folder);
  const inference = await openInference(bench.model, card.recipe);
  const rounds: Round[] = [];
  for (let round = 0; round < Number(flags.rounds); round += 1) {
    rounds.push(await measureRound(bench, inference, round));
  }
  await inference.session.close();
  const batches = rounds.map(({ ran }) => ran.batch).join(', ');
  const heading = ['median', ...rounds.map((_, index) => `round ${index + 1}`)];
  process.stdout.write(
    `${cores} cores, ${cpus()[0]?.model.trim()}, Node ${process.version}\n` +
      `${bench.images} images, ${card.id}, batch ${inference.batch} alone, ${batches} in the runs\n\n` +
      `${' '.repeat(28)}${heading.map((cell) => cell.padStart(8)).join('')}\n` +
      `${table(rows, rounds)}\n${table(ratios, rounds)}`,
  );
} finally {
  await rm(folder, { recursive: true });
}
