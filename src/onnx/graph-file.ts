/** Opens an ONNX file for what its graph says; its weights are only counted. */
import { isSystemError, TopfiveError } from '../errors.ts';
import { type Cost, costOf } from './cost.ts';
import type { Value } from './graph.ts';
import { unknownOperators } from './operators/table.ts';
import { type Outline, outlineOnnx } from './outline.ts';
import { type Model, readOnnx } from './read.ts';

export interface GraphFile {
  path: string;
  outline: Outline;
  model: Model;
  /** Inputs that are given from outside: those that the file does not store. */
  inputs: Value[];
}

/** @throws TopfiveError `model`, naming the path, for what cannot be read or is no ONNX file */
export async function openGraph(path: string): Promise<GraphFile> {
  const outline = await outlineOnnx(path).catch((error: unknown) => {
    throw unreadable(path, error);
  });
  const model = readOnnx(outline.bytes, path);
  const stored = new Set(model.graph.initializers.map(({ name }) => name));
  return {
    path,
    outline,
    model,
    inputs: model.graph.inputs.filter(({ name }) => !stored.has(name)),
  };
}

function unreadable(path: string, error: unknown): unknown {
  if (!isSystemError(error, 'ENOENT', 'EISDIR', 'EACCES', 'ENOTDIR')) return error;
  return new TopfiveError('model', `no readable file at ${path}: check the path of the model`, {
    cause: error,
  });
}

/** Side of the images where the file leaves it open: that of most classifiers. */
export const commonSide = 224;

/** The shape of one image at this input; where the file leaves it open, three channels and the given side. */
export function imageDims({ dims }: Value, side = commonSide): number[] {
  const open = dims.map((dim) => (typeof dim === 'number' && dim > 0 ? dim : undefined));
  const channels = open.length === 4 && open[1] !== 3 && open[3] === 3 ? 3 : 1;
  return open.map((dim, axis) => {
    if (axis === 0) return 1;
    return dim ?? (axis === channels ? 3 : side);
  });
}

/**
 * What one image costs.
 * @throws TopfiveError `model`, when the graph has not one input, or an operator whose cost is not known
 */
export function costOfImage({ model, inputs, path }: GraphFile, side?: number): Cost {
  if (inputs.length !== 1) {
    throw new TopfiveError(
      'model',
      `${path} has ${inputs.length} inputs, but the cost of a classifier is counted from one, the images`,
    );
  }
  const { nodes, initializers: weights } = model.graph;
  const unknown = unknownOperators({ nodes });
  if (unknown.length > 0) {
    throw new TopfiveError(
      'model',
      `the cost of ${path} cannot be counted: what ${unknown.join(', ')} costs is not known here, and nothing is taken for free`,
    );
  }
  return costOf({ inputs, weights, nodes }, imageDims(inputs[0], side));
}
