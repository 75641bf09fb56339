/** What every reader makes of a checkpoint: named tensors, each with the places where its elements lie. */
import type { CheckpointFile } from './checkpoint-file.ts';
import type { ElementType } from './element-types.ts';
import { countElements, readView, type TensorView } from './tensor-view.ts';

export interface StoredTensor {
  type: ElementType;
  shape: readonly number[];
  /** In row-major order one after the other; nearly always one. */
  parts: readonly TensorView[];
}

export async function readStored(
  file: CheckpointFile,
  { shape, parts }: StoredTensor,
): Promise<Float32Array> {
  if (parts.length === 1) return await readView(file, parts[0]);
  const values = new Float32Array(countElements(shape));
  let filled = 0;
  for (const part of parts) {
    values.set(await readView(file, part), filled);
    filled += countElements(part.shape);
  }
  return values;
}
