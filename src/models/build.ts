/** From an architecture and a source of weights to an ONNX file. */
import { writeFile } from 'node:fs/promises';
import { TopfiveError } from '../errors.ts';
import type { Graph, Weights } from '../onnx/graph.ts';
import { writeOnnx } from '../onnx/write.ts';
import { describeNetwork, type Sized } from './architectures/architecture.ts';
import { inputName, type Network, outputName, type TensorSpec } from './architectures/network.ts';
import { seededWeights } from './architectures/seeded.ts';
import { requireCard } from './cards.ts';

/** Gives the values of one tensor, row-major; asked once for each tensor, in the order of the network. */
export type WeightSource = (tensor: TensorSpec) => Float32Array | Promise<Float32Array>;

export interface BuildOptions {
  /** The ONNX file to write. */
  path: string;
  /** A seed makes an untrained network: finite, spread logits, and no accuracy. */
  weights: WeightSource | { seed: number };
}

/** Protobuf, and so an ONNX file without external data, ends here. */
const largestFile = 2 ** 31 - 1;

/**
 * Writes an ONNX file with a float32 input "input" [N, 3, side, side] and one output "logits" [N, classes].
 * Batch normalisation stays a node of its own; the runtime folds it when it loads the file.
 * @param model id of a card, or an architecture at a size
 * @throws TopfiveError `usage` for an unknown id, `model` for weights that do not fit
 */
export async function buildModel(
  model: string | Sized,
  { path, weights }: BuildOptions,
): Promise<void> {
  const network = networkOf(model);
  checkSize(network, path);
  const source = typeof weights === 'function' ? weights : seededWeights(weights.seed);
  await writeFile(path, writeOnnx(await fillNetwork(network, source)));
}

/** @param model id of a card, or an architecture at a size */
export function networkOf(model: string | Sized): Network {
  if (typeof model !== 'string') return describeNetwork(model);
  const { architecture, recipe, classes } = requireCard(model);
  return describeNetwork({ architecture, side: recipe.crop, classes });
}

async function fillNetwork(network: Network, source: WeightSource): Promise<Graph> {
  const { side, classes, tensors, nodes } = network;
  const weights: Weights[] = [];
  for (const tensor of tensors) {
    const data = await source(tensor);
    checkLength(tensor, data);
    weights.push({ name: tensor.name, dims: [...tensor.dims], data });
  }
  return {
    name: 'classifier',
    inputs: [{ name: inputName, dtype: 'float32', dims: ['N', 3, side, side] }],
    outputs: [{ name: outputName, dtype: 'float32', dims: ['N', classes] }],
    weights,
    nodes: [...nodes],
  };
}

function elementsOf({ dims }: TensorSpec): number {
  return dims.reduce((product, dim) => product * dim, 1);
}

function checkLength(tensor: TensorSpec, data: Float32Array): void {
  const expected = elementsOf(tensor);
  if (data.length === expected) return;
  throw new TopfiveError(
    'model',
    `the tensor ${tensor.name} [${tensor.dims.join(', ')}] needs ${expected} values, but ${data.length} were given: the weights are not this architecture's`,
  );
}

function checkSize({ tensors }: Network, path: string): void {
  const bytes = 4 * tensors.reduce((sum, tensor) => sum + elementsOf(tensor), 0);
  if (bytes <= largestFile) return;
  throw new TopfiveError(
    'model',
    `${path} would hold ${(bytes / 1e9).toFixed(1)} GB of weights, but one ONNX file holds 2.1 GB: weights beside the file are not written yet; choose a smaller model`,
  );
}
