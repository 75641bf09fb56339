/** Opens bytes as a weight file, through a file of their own. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openWeightFile } from '../../../src/onnx/weights/weight-file.ts';

export interface ReadTensor {
  shape: readonly number[];
  values: number[];
}

/** @returns every tensor, read */
export async function readAll(bytes: Uint8Array): Promise<Record<string, ReadTensor>> {
  const folder = await mkdtemp(join(tmpdir(), 'topfive-scratch-'));
  try {
    const path = join(folder, 'weights');
    await writeFile(path, bytes);
    const file = await openWeightFile(path);
    try {
      const tensors: Record<string, ReadTensor> = {};
      for (const [name, { shape }] of file.tensors) {
        tensors[name] = { shape, values: [...(await file.read(name))] };
      }
      return tensors;
    } finally {
      await file.close();
    }
  } finally {
    await rm(folder, { recursive: true });
  }
}
