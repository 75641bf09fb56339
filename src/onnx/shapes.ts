/** What every value of a graph is, from the shape of its input: one rule for each operator. */
import type { Call, Tensor } from './operators/operator.ts';
import { operatorOf } from './operators/table.ts';
import { storedValues } from './operators/values.ts';
import { refuse, type Shape, type ShapedGraph, type ShapedNode } from './shaped-graph.ts';

/** A node with what goes in and comes out. */
export interface Step extends Call {
  outputs: readonly Tensor[];
}

/**
 * The nodes in the order of the file, each with its shapes.
 * @param inputDims concrete shape of the graph's one input, in the order of the file
 * @throws TopfiveError `model` for an operator without a rule, and for shapes that do not fit
 */
export function stepsOf(graph: ShapedGraph, inputDims: Shape): Step[] {
  const tensors = new Map<string, Tensor>();
  for (const { name, dtype = 'float32' } of graph.inputs) {
    tensors.set(name, { dtype, dims: inputDims });
  }
  for (const stored of graph.weights) {
    const { name, dims, dtype = 'float32' } = stored;
    tensors.set(name, { dtype, dims, values: storedValues(stored) });
  }
  return graph.nodes.map((node) => {
    const inputs = node.inputs.map((name) =>
      // An input that is left out has an empty name.
      name === '' ? undefined : (tensors.get(name) ?? refuse(node, `lacks "${name}"`)),
    );
    const outputs = operatorOf(node).infer({ node, inputs });
    for (const [place, tensor] of outputs.slice(0, node.outputs.length).entries()) {
      check(node, tensor.dims);
      if (node.outputs[place] !== '') tensors.set(node.outputs[place], tensor);
    }
    return { node, inputs, outputs };
  });
}

function check(node: ShapedNode, dims: Shape): void {
  if (!dims.every((dim) => Number.isSafeInteger(dim) && dim >= 0)) {
    refuse(node, `would give [${dims.join(', ')}]`);
  }
}

/** Shapes by name of all values that nodes give. */
export function inferShapes(graph: ShapedGraph, inputDims: Shape): Map<string, Shape> {
  return new Map(
    stepsOf(graph, inputDims).flatMap(({ node, outputs }) =>
      outputs.slice(0, node.outputs.length).map(({ dims }, place) => [node.outputs[place], dims]),
    ),
  );
}
