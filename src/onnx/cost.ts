/** What a graph costs: learnable parameters and multiply-accumulates, node by node; what is not known is an error. */
import {
  inferShapes,
  type Shape,
  type ShapedGraph,
  type ShapedNode,
  sizeOf,
  unknownOperator,
} from './shapes.ts';

export interface NodeCost {
  node: ShapedNode;
  /** Shapes of the inputs, weights included, in the node's order. */
  inputs: Shape[];
  output: Shape;
  /** Learnable values that this node is the first to read. */
  params: number;
  macs: number;
}

export interface Cost {
  params: number;
  macs: number;
  nodes: NodeCost[];
}

type Macs = (shapes: { inputs: Shape[]; output: Shape }) => number;

const none: Macs = () => 0;

/** Convolutions and linear layers alone multiply and accumulate; biases, normalisation and activations are not counted. */
const macs: Readonly<Record<string, Macs>> = {
  Add: none,
  BatchNormalization: none,
  Conv: ({ inputs: [, weight], output }) => sizeOf(output) * sizeOf(weight.slice(1)),
  Flatten: none,
  Gemm: ({ inputs: [a], output }) => sizeOf(output) * (sizeOf(a) / output[0]),
  GlobalAveragePool: none,
  Identity: none,
  MaxPool: none,
  Mul: none,
  Relu: none,
  Sigmoid: none,
};

/** Inputs that are statistics of the training data and were not learnt: mean and variance. */
const statistics: Readonly<Record<string, readonly number[]>> = { BatchNormalization: [3, 4] };

/**
 * @param inputDims concrete shape of the graph's one input; with one row the cost is that of one image
 * @throws TopfiveError `model` for an operator whose cost is not known
 */
export function costOf(graph: ShapedGraph, inputDims: Shape): Cost {
  const shapes = inferShapes(graph, inputDims);
  const uncounted = new Set(graph.weights.map(({ name }) => name));
  const nodes = graph.nodes.map((node): NodeCost => {
    const count = Object.hasOwn(macs, node.op) ? macs[node.op] : undefined;
    if (!count) throw unknownOperator(node.op, 'cost');
    const inputs = node.inputs.map((name) => shapes.get(name) ?? []);
    const output = shapes.get(node.outputs[0]) ?? [];
    const params = countParams(node, { inputs, uncounted });
    return { node, inputs, output, params, macs: count({ inputs, output }) };
  });
  return {
    params: nodes.reduce((sum, { params }) => sum + params, 0),
    macs: nodes.reduce((sum, node) => sum + node.macs, 0),
    nodes,
  };
}

/** Weights that several nodes read are counted once. */
function countParams(
  { op, inputs: names }: ShapedNode,
  { inputs, uncounted }: { inputs: Shape[]; uncounted: Set<string> },
): number {
  const passed = Object.hasOwn(statistics, op) ? statistics[op] : [];
  return names.reduce(
    (sum, name, place) =>
      !passed.includes(place) && uncounted.delete(name) ? sum + sizeOf(inputs[place]) : sum,
    0,
  );
}
