/**
 * Importing the largest checkpoint: `npx tsx bench/import.ts [--id ResNeXt101_32x48d_wsl] [--folder DIR]`.
 * Writes one of seeded weights as safetensors under its publisher's names, imports it, prints time and peak memory.
 */
import { mkdtemp, open, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { seededWeights } from '../src/models/architectures/seeded.ts';
import { networkOf } from '../src/models/build.ts';
import { compile } from './compile.ts';
import { runWatched } from './watched-command.ts';

const { values: flags } = parseArgs({
  options: {
    id: { type: 'string', default: 'ResNeXt101_32x48d_wsl' },
    folder: { type: 'string', default: tmpdir() },
  },
});

/** The network bears the names of torchvision, or of timm. @returns bytes of the file */
async function writeCheckpoint(path: string): Promise<number> {
  const { tensors } = networkOf(flags.id);
  const header: Record<string, object> = {};
  let end = 0;
  for (const { name, dims } of tensors) {
    const begin = end;
    end += 4 * dims.reduce((product, dim) => product * dim, 1);
    header[name] = { dtype: 'F32', shape: dims, data_offsets: [begin, end] };
  }
  const json = Buffer.from(JSON.stringify(header));
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(json.length));
  const file = await open(path, 'w');
  const seeded = seededWeights(1);
  try {
    await file.writeFile(Buffer.concat([length, json]));
    for (const tensor of tensors) {
      const { buffer, byteOffset, byteLength } = await seeded(tensor);
      await file.writeFile(new Uint8Array(buffer, byteOffset, byteLength));
    }
  } finally {
    await file.close();
  }
  return length.length + json.length + end;
}

const folder = await mkdtemp(join(flags.folder, 'topfive-import-'));
try {
  const main = await compile(folder);
  const checkpoint = join(folder, 'seeded.safetensors');
  const bytes = await writeCheckpoint(checkpoint);
  const out = join(folder, 'model.onnx');
  const args = ['models', 'import', flags.id, '--weights', checkpoint, '--out', out];
  const { seconds, largest, stdout } = await runWatched([main, ...args], folder);
  process.stdout.write(stdout);
  process.stdout.write(
    `${(bytes / 1e9).toFixed(2)} GB imported in ${seconds.toFixed(1)} s with ${(largest / 1e9).toFixed(2)} GB of memory\n`,
  );
} finally {
  await rm(folder, { recursive: true });
}
