/** From a published checkpoint to the weights of a network: every tensor once, every shape checked, or none at all. */
import { TopfiveError } from '../../errors.ts';
import {
  openWeightFile,
  type WeightFile,
  type WeightFormat,
} from '../../onnx/weights/weight-file.ts';
import type { Architecture, Sized } from '../architectures/architecture.ts';
import type { Network } from '../architectures/network.ts';
import { networkOf, type WeightSource } from '../build.ts';
import { findCard } from '../cards.ts';
import { efficientNetNamings } from './efficientnet-namings.ts';
import {
  describeDifferences,
  differences,
  listDifferences,
  type Match,
  matchNaming,
} from './match.ts';
import type { Naming } from './naming.ts';
import { resnextNamings } from './resnext-namings.ts';

export interface ImportedCheckpoint {
  /** Whose names the checkpoint bears, e.g. `lukemelas`, or `torchvision with the prefix "module."`. */
  naming: string;
  format: WeightFormat;
  /** For `buildModel`: reads one tensor at a time, so that a checkpoint is never in memory as a whole. */
  weights: WeightSource;
  close(): Promise<void>;
}

/**
 * @param model id of a card, or an architecture at a size
 * @param path a `.safetensors`, `.pth` or `.pdparams` file, told apart by its bytes
 * @throws TopfiveError `usage` for an unknown id; `model`, with the list of all differences, unless each tensor of
 *   the network is in the checkpoint once, in its shape, and nothing is left over
 */
export async function importCheckpoint(
  model: string | Sized,
  path: string,
): Promise<ImportedCheckpoint> {
  const network = networkOf(model);
  const file = await openWeightFile(path);
  try {
    const namings = namingsOf(architectureOf(model), network);
    const match = matchNaming(namings, { stored: file.tensors, wanted: network.tensors });
    if (differences(match) > 0) throw misfit(match, { model, path });
    return {
      naming: match.naming,
      format: file.format,
      weights: readFrom(file, match),
      close: () => file.close(),
    };
  } catch (error) {
    await file.close();
    throw error;
  }
}

function architectureOf(model: string | Sized): Architecture {
  return typeof model === 'string' ? findCard(model)!.architecture : model.architecture;
}

function namingsOf({ family }: Architecture, { tensors }: Network): readonly Naming[] {
  switch (family) {
    case 'efficientnet':
      return efficientNetNamings(tensors.map(({ name }) => name));
    case 'resnext':
      return resnextNamings;
  }
}

function misfit(match: Match, { model, path }: { model: string | Sized; path: string }) {
  const wanted = typeof model === 'string' ? model : `the ${model.architecture.family} asked for`;
  return new TopfiveError(
    'model',
    `The checkpoint ${path} does not fit ${wanted} by the names of ${match.naming}, which come nearest: ${describeDifferences(match)}; choose the model that it was made for, or another checkpoint.`,
    { details: listDifferences(match) },
  );
}

function readFrom(file: WeightFile, { sources }: Match): WeightSource {
  return async ({ name, dims }) => {
    const source = sources.get(name)!;
    const values = await file.read(source.name);
    return source.transposed ? transpose(values, { rows: dims[1], columns: dims[0] }) : values;
  };
}

function transpose(
  values: Float32Array,
  { rows, columns }: { rows: number; columns: number },
): Float32Array {
  const result = new Float32Array(values.length);
  for (let row = 0; row < rows; row += 1) {
    for (let column = 0; column < columns; column += 1) {
      result[column * rows + row] = values[row * columns + column];
    }
  }
  return result;
}
