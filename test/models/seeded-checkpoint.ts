/** Checkpoints of whole models, with weights from a seed, and what may be wrong with them. */
import { writeFile } from 'node:fs/promises';
import { seededWeights } from '../../src/models/architectures/seeded.ts';
import { networkOf } from '../../src/models/build.ts';

interface Stored {
  name: string;
  dims: readonly number[];
  data: Float32Array;
}

/** The tensors of a card's network; names are timm's or torchvision's. */
export function seededTensors(id: string, seed = 1): Stored[] {
  const weights = seededWeights(seed);
  return networkOf(id).tensors.map((tensor) => ({ ...tensor, data: weights(tensor) }));
}

/** @param shift moves where each tensor but the first begins and ends, in bytes */
export async function writeSafetensors(
  path: string,
  tensors: readonly Stored[],
  { shift = 0 }: { shift?: number } = {},
): Promise<void> {
  const header: Record<string, object> = {};
  let end = 0;
  for (const { name, dims, data } of tensors) {
    const moved = end === 0 ? 0 : shift;
    const offsets = [end + moved, end + data.byteLength + moved];
    header[name] = { dtype: 'F32', shape: dims, data_offsets: offsets };
    end += data.byteLength;
  }
  const json = Buffer.from(JSON.stringify(header));
  const prefix = Buffer.alloc(8);
  prefix.writeBigUInt64LE(BigInt(json.length));
  const views = tensors.map(({ data }) =>
    Buffer.from(data.buffer, data.byteOffset, data.byteLength),
  );
  await writeFile(path, Buffer.concat([prefix, json, ...views]));
}
