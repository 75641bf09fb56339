/** What a graph costs: learnt values, multiply-accumulates, activations, node by node; what is not known is an error. */
import { operatorOf } from './operators/table.ts';
import { readingsOf } from './parameters.ts';
import { type Shape, type ShapedGraph, type ShapedNode, sizeOf } from './shaped-graph.ts';
import { stepsOf } from './shapes.ts';

export interface NodeCost {
  node: ShapedNode;
  /** Shapes of the inputs, weights included, in the node's order; undefined for one that is left out. */
  inputs: readonly (Shape | undefined)[];
  /** Of the first output. */
  output: Shape;
  /** Inputs that come from tensors of the file alone. */
  stored: readonly boolean[];
  /** Learnt values that this node is the first to read. */
  params: number;
  /** Convolutions and matrix products alone multiply and accumulate; biases, normalisation and activations are not counted. */
  macs: number;
  /** Elements that come out of a node that multiplies and accumulates: Radosavovic et al., arXiv 2003.13678. */
  activations: number;
}

export interface Cost {
  params: number;
  macs: number;
  activations: number;
  nodes: NodeCost[];
}

/**
 * @param inputDims concrete shape of the graph's one input; with one row the cost is that of one image
 * @throws TopfiveError `model` for an operator whose cost is not known
 */
export function costOf(graph: ShapedGraph, inputDims: Shape): Cost {
  const steps = stepsOf(graph, inputDims);
  const readings = readingsOf(graph, steps);
  const nodes = steps.map((step, index): NodeCost => {
    const { node, inputs, outputs } = step;
    const macs = operatorOf(node).macs(step);
    const output = outputs[0].dims;
    return {
      node,
      inputs: inputs.map((tensor) => tensor?.dims),
      output,
      ...readings[index],
      macs,
      activations: macs > 0 ? sizeOf(output) : 0,
    };
  });
  const sum = (figure: 'params' | 'macs' | 'activations') =>
    nodes.reduce((total, node) => total + node[figure], 0);
  return { params: sum('params'), macs: sum('macs'), activations: sum('activations'), nodes };
}
