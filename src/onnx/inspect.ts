/** What an ONNX file says of itself, and what its graph costs. */
import { messageOf, TopfiveError } from '../errors.ts';
import { type Costs, conventionsOf } from './conventions.ts';
import type { Cost } from './cost.ts';
import { externalFiles } from './external.ts';
import type { Value } from './graph.ts';
import { costOfImage, type GraphFile, imageDims, openGraph } from './graph-file.ts';
import { titleOf } from './operators/table.ts';
import { sizeOf as bytesOf } from './proto.ts';
import { sizeOf } from './shaped-graph.ts';

export interface InspectedNode {
  /** Its name, or that of its first output. */
  name: string;
  op: string;
  /** Of the first output. */
  dims: readonly number[];
  params: number;
  macs: number;
  activations: number;
}

export interface Inspection {
  path: string;
  bytes: number;
  irVersion: number;
  producer: string;
  opset: number;
  /** Versions of other operator sets, by domain. */
  domains: Record<string, number>;
  inputs: Value[];
  outputs: Value[];
  /** Nodes by operator, most frequent first. */
  operators: Record<string, number>;
  /** Tensors of the file; `external` names the files beside it that hold some of them. */
  weights: { tensors: number; elements: number; bytes: number; external: string[] };
  /** The shape that the cost is counted at; null when the graph has not one input. */
  image: number[] | null;
  /** Of one image; null when an operator is not known. */
  cost: Costs | null;
  /** Elements that come out of convolutions and matrix products. */
  activations: number | null;
  nodes: InspectedNode[];
  /** Why there is no cost. */
  reason: string | null;
}

/**
 * @param side in pixels, of the images where the file leaves it open
 * @throws TopfiveError `model` for what cannot be read or is no ONNX file
 */
export async function inspectOnnx(path: string, side?: number): Promise<Inspection> {
  const file = await openGraph(path);
  const { model, inputs, outline } = file;
  const { graph, ...format } = model;
  return {
    path,
    bytes: outline.size,
    ...format,
    inputs,
    outputs: graph.outputs,
    operators: countOperators(file),
    weights: { ...countWeights(file), external: await externalFiles(path) },
    image: inputs.length === 1 ? imageDims(inputs[0], side) : null,
    ...countCost(file, side),
  };
}

function countOperators({ model }: GraphFile): Record<string, number> {
  const counts = new Map<string, number>();
  for (const node of model.graph.nodes) {
    counts.set(titleOf(node), (counts.get(titleOf(node)) ?? 0) + 1);
  }
  return Object.fromEntries([...counts].sort(([, a], [, b]) => b - a));
}

function countWeights({ model }: GraphFile) {
  const { initializers } = model.graph;
  const sum = (of: (tensor: (typeof initializers)[number]) => number) =>
    initializers.reduce((total, tensor) => total + of(tensor), 0);
  return {
    tensors: initializers.length,
    elements: sum(({ dims }) => sizeOf(dims)),
    bytes: sum(({ dims, dtype }) => sizeOf(dims) * bytesOf(dtype)),
  };
}

function countCost(file: GraphFile, side: number | undefined) {
  try {
    const cost = costOfImage(file, side);
    const { activations } = cost;
    return { cost: conventionsOf(cost), activations, nodes: nodesOf(file, cost), reason: null };
  } catch (error) {
    if (!(error instanceof TopfiveError)) throw error;
    return { cost: null, activations: null, nodes: [], reason: messageOf(error) };
  }
}

function nodesOf({ model }: GraphFile, { nodes }: Cost): InspectedNode[] {
  return nodes.map(({ node, output, params, macs, activations }, place) => ({
    name: model.graph.nodes[place].name || node.outputs[0],
    op: titleOf(node),
    dims: output,
    params,
    macs,
    activations,
  }));
}
