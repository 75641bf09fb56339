/** The job of the fault tests: a small model on enough images that there is time to kill something. */
import { existsSync, mkdtempSync, readdirSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { writeSyntheticDataset } from '../../src/data/synthetic.ts';
import { writeTinyModel } from '../models/tiny-model.ts';

/** @returns a new folder with `spec.json`, and what it names */
export async function makeFaultSet(
  name: string,
  { images, shardSize }: { images: number; shardSize: number },
): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), `topfive-${name}-`));
  await writeSyntheticDataset({ directory: join(folder, 'val'), images, seed: 7, split: 'val' });
  await writeTinyModel(join(folder, 'tiny.onnx'), { side: 224, classes: 1000 });
  const recipe = {
    decoder: 'opencv',
    kernel: 'cubic',
    resizeShort: 256,
    crop: 224,
    mean: [0.485, 0.456, 0.406],
    std: [0.229, 0.224, 0.225],
  };
  const spec = {
    version: 1,
    name,
    dataset: { uri: './val/val', labels: './val/val_list.txt' },
    models: [{ id: 'tiny', onnx: './tiny.onnx', recipe }],
    batchSize: 4,
    shardSize,
  };
  writeFileSync(join(folder, 'spec.json'), JSON.stringify(spec));
  return folder;
}

/** Shard records of all runs in a store. */
export function countRecords(store: string): number {
  const runs = join(store, 'runs');
  if (!existsSync(runs)) return 0;
  const folders = readdirSync(runs).map((run) => join(runs, run, 'records', 'tiny.fp32'));
  return folders.filter(existsSync).flatMap((records) => readdirSync(records)).length;
}
