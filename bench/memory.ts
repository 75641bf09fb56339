/**
 * Memory of one worker over many images: `npx tsx bench/memory.ts [--images 20000]`.
 * Prints the worker's resident set after 2,000 images and at the end, and their ratio.
 */
import { spawn } from 'node:child_process';
import {
  existsSync,
  linkSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { writeSyntheticDataset } from '../src/data/synthetic.ts';
import { writeTinyModel } from '../test/models/tiny-model.ts';

const { values } = parseArgs({ options: { images: { type: 'string', default: '20000' } } });
const images = Number(values.images);
const distinct = 500;
const shardSize = 500;
const warm = 2000;
const main = resolve(import.meta.dirname, '../dist/cli/main.js');

/** Hard links make a set of any size out of a few hundred images. */
async function makeSet(folder: string): Promise<void> {
  await writeSyntheticDataset({
    directory: join(folder, 'made'),
    images: distinct,
    seed: 5,
    split: 'val',
  });
  const listed = readFileSync(join(folder, 'made/val_list.txt'), 'utf8').trim().split('\n');
  const lines: string[] = [];
  mkdirSync(join(folder, 'val'));
  for (let image = 0; image < images; image += 1) {
    const [file, label] = listed[image % distinct].split(' ');
    const name = `${String(image).padStart(6, '0')}.JPEG`;
    linkSync(join(folder, 'made/val', file), join(folder, 'val', name));
    lines.push(`${name} ${label}`);
  }
  writeFileSync(join(folder, 'val_list.txt'), `${lines.join('\n')}\n`);
  await writeTinyModel(join(folder, 'tiny.onnx'), { side: 224, classes: 1000 });
  const recipe = {
    decoder: 'opencv',
    kernel: 'linear',
    resizeShort: 256,
    crop: 224,
    mean: [0.485, 0.456, 0.406],
    std: [0.229, 0.224, 0.225],
  };
  const models = [{ id: 'tiny', onnx: './tiny.onnx', recipe }];
  const dataset = { uri: './val', labels: './val_list.txt' };
  writeFileSync(
    join(folder, 'spec.json'),
    JSON.stringify({ version: 1, dataset, models, batchSize: 8, shardSize }),
  );
}

function recordsIn(store: string): number {
  const runs = join(store, 'runs');
  if (!existsSync(runs)) return 0;
  const records = readdirSync(runs).map((run) => join(runs, run, 'records', 'tiny.fp32'));
  return records.filter(existsSync).flatMap((directory) => readdirSync(directory)).length;
}

/** Resident set in MiB; undefined once the process is gone. */
function residentMiB(pid: number): number | undefined {
  const status = `/proc/${pid}/status`;
  if (!existsSync(status)) return undefined;
  const kib = /VmRSS:\s+(\d+)/.exec(readFileSync(status, 'utf8'))?.[1];
  return kib === undefined ? undefined : Number(kib) / 1024;
}

function workerOf(parent: number): number | undefined {
  const children = readFileSync(`/proc/${parent}/task/${parent}/children`, 'utf8')
    .trim()
    .split(' ')
    .filter(Boolean);
  return children
    .map(Number)
    .find((pid) => readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes('\0worker\0'));
}

const folder = mkdtempSync(join(tmpdir(), 'topfive-memory-'));
try {
  await makeSet(folder);
  const store = join(folder, 'store');
  const args = [main, 'run', join(folder, 'spec.json'), '--workers', '1', '--store', store];
  const run = spawn(process.execPath, args, { stdio: ['ignore', 'ignore', 'inherit'] });
  const samples: { images: number; mib: number }[] = [];
  while (run.exitCode === null) {
    await sleep(250);
    const pid = run.exitCode === null && run.pid ? workerOf(run.pid) : undefined;
    const mib = pid && residentMiB(pid);
    if (mib) samples.push({ images: recordsIn(store) * shardSize, mib });
  }
  const early = samples.filter(
    (sample) => sample.images >= warm && sample.images < warm + 2 * shardSize,
  );
  const late = samples.filter((sample) => sample.images >= images - 3 * shardSize);
  const mean = (list: typeof samples) => list.reduce((sum, { mib }) => sum + mib, 0) / list.length;
  const peak = Math.max(...samples.map(({ mib }) => mib));
  console.log(`images ${images}, exit code ${run.exitCode}`);
  console.log(`resident set after ${warm} images: ${mean(early).toFixed(0)} MiB`);
  console.log(`resident set at the end: ${mean(late).toFixed(0)} MiB, peak ${peak.toFixed(0)} MiB`);
  console.log(`ratio: ${(mean(late) / mean(early)).toFixed(3)}`);
} finally {
  rmSync(folder, { recursive: true, force: true });
}
