/** From an architecture and a source of weights to an ONNX file. */
import { TopfiveError } from '../errors.ts';
import type { GraphOutline } from '../onnx/write-stream.ts';
import { describeNetwork, type Sized } from './architectures/architecture.ts';
import { inputName, type Network, outputName, type TensorSpec } from './architectures/network.ts';
import { seededWeights } from './architectures/seeded.ts';
import { requireCard } from './cards.ts';
import { type WriteOptions, writeArtifact } from './write-artifact.ts';

/** Gives the values of one tensor, row-major; asked once for each tensor, in the order of the network. */
export type WeightSource = (tensor: TensorSpec) => Float32Array | Promise<Float32Array>;

export interface BuildOptions extends WriteOptions {
  /** A seed makes an untrained network: finite, spread logits, and no accuracy. */
  weights: WeightSource | { seed: number };
}

/**
 * Writes an ONNX file with a float32 input "input" [N, 3, side, side] and one output "logits" [N, classes].
 * Batch normalisation stays a node of its own; the runtime folds it when it loads the file.
 * @param model id of a card, or an architecture at a size
 * @throws TopfiveError `usage` for an unknown id, `model` for weights that do not fit, `output`, `cancelled`
 */
export async function buildModel(
  model: string | Sized,
  { weights, ...options }: BuildOptions,
): Promise<void> {
  const network = networkOf(model);
  const source = typeof weights === 'function' ? weights : seededWeights(weights.seed);
  const read = async (tensor: TensorSpec) => {
    const data = await source(tensor);
    checkLength(tensor, data);
    return data;
  };
  await writeArtifact(outlineOf(network), { ...options, read });
}

/** @param model id of a card, or an architecture at a size */
export function networkOf(model: string | Sized): Network {
  if (typeof model !== 'string') return describeNetwork(model);
  const { architecture, recipe, classes } = requireCard(model);
  return describeNetwork({ architecture, side: recipe.crop, classes });
}

function outlineOf({ side, classes, tensors, nodes }: Network): GraphOutline<TensorSpec> {
  return {
    name: 'classifier',
    inputs: [{ name: inputName, dtype: 'float32', dims: ['N', 3, side, side] }],
    outputs: [{ name: outputName, dtype: 'float32', dims: ['N', classes] }],
    tensors,
    nodes: [...nodes],
  };
}

function checkLength({ name, dims }: TensorSpec, data: Float32Array): void {
  const expected = dims.reduce((product, dim) => product * dim, 1);
  if (data.length === expected) return;
  throw new TopfiveError(
    'model',
    `the tensor ${name} [${dims.join(', ')}] needs ${expected} values, but ${data.length} were given: the weights are not this architecture's`,
  );
}
