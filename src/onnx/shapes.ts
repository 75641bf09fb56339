/** Shapes of every value of a graph, from the shape of its input: one rule for each operator. */
import { TopfiveError } from '../errors.ts';
import type { Attribute } from './graph.ts';

/** The part of a node that shapes and cost need; of files and of graphs made here alike. */
export interface ShapedNode {
  op: string;
  inputs: readonly string[];
  outputs: readonly string[];
  attributes: Readonly<Record<string, Attribute | { unread: number }>>;
}

export interface ShapedGraph {
  inputs: readonly { name: string }[];
  weights: readonly { name: string; dims: readonly number[] }[];
  nodes: readonly ShapedNode[];
}

export type Shape = readonly number[];

type Rule = (inputs: Shape[], node: ShapedNode) => Shape;

const rules: Readonly<Record<string, Rule>> = {
  Add: broadcast,
  BatchNormalization: same,
  Conv: ([x, weight], node) => [x[0], weight[0], ...slide(x, { kernel: weight.slice(2), node })],
  Flatten: flatten,
  Gemm: gemm,
  GlobalAveragePool: ([x]) => [x[0], x[1], ...x.slice(2).map(() => 1)],
  Identity: same,
  MaxPool: ([x], node) => [
    x[0],
    x[1],
    ...slide(x, { kernel: integers(node, 'kernel_shape', []), node }),
  ],
  Mul: broadcast,
  Relu: same,
  Sigmoid: same,
};

/**
 * @param inputDims concrete shape of the graph's one input, in the order of the file
 * @returns shapes by name, those of weights included
 * @throws TopfiveError `model` for an operator without a rule, and for shapes that do not fit
 */
export function inferShapes(graph: ShapedGraph, inputDims: Shape): Map<string, Shape> {
  // An input that is left out has an empty name.
  const shapes = new Map<string, Shape>([['', []]]);
  for (const { name, dims } of graph.weights) shapes.set(name, dims);
  for (const { name } of graph.inputs) {
    if (!shapes.has(name)) shapes.set(name, inputDims);
  }
  for (const node of graph.nodes) {
    const rule = Object.hasOwn(rules, node.op) ? rules[node.op] : undefined;
    if (!rule) throw unknownOperator(node.op, 'shape');
    const inputs = node.inputs.map((name) => shapes.get(name) ?? refuse(node, `lacks "${name}"`));
    const output = rule(inputs, node);
    if (!output.every((dim) => Number.isInteger(dim) && dim > 0)) {
      refuse(node, `would give [${output.join(', ')}]`);
    }
    shapes.set(node.outputs[0], output);
  }
  return shapes;
}

export function unknownOperator(op: string, what: 'shape' | 'cost'): TopfiveError {
  return new TopfiveError(
    'model',
    `the graph has the operator ${op}, whose ${what} is not known here: its cost cannot be counted`,
  );
}

function refuse(node: ShapedNode, why: string): never {
  throw new TopfiveError(
    'model',
    `the ${node.op} that gives "${node.outputs[0]}" ${why}: check the file, or the size of its input`,
  );
}

function same([x]: Shape[]): Shape {
  return x;
}

/** NumPy's rule: aligned at the last dimension, 1 stretches. */
function broadcast([a, b]: Shape[], node: ShapedNode): Shape {
  const rank = Math.max(a.length, b.length);
  const aligned = [a, b].map((shape) => [...Array(rank - shape.length).fill(1), ...shape]);
  return aligned[0].map((dim: number, axis) => {
    const other: number = aligned[1][axis];
    if (dim !== other && dim !== 1 && other !== 1) {
      refuse(node, `cannot join [${a.join(', ')}] and [${b.join(', ')}]`);
    }
    return Math.max(dim, other);
  });
}

function flatten([x]: Shape[], node: ShapedNode): Shape {
  const axis = integer(node, 'axis', 1);
  return [sizeOf(x.slice(0, axis)), sizeOf(x.slice(axis))];
}

function gemm([a, b]: Shape[], node: ShapedNode): Shape {
  const [rows, depth] = integer(node, 'transA', 0) ? [a[1], a[0]] : a;
  const [height, columns] = integer(node, 'transB', 0) ? [b[1], b[0]] : b;
  if (depth !== height) refuse(node, `cannot multiply [${a.join(', ')}] and [${b.join(', ')}]`);
  return [rows, columns];
}

/** The positions of a window that slides over the spatial dimensions of x. */
function slide(x: Shape, { kernel, node }: { kernel: Shape; node: ShapedNode }): number[] {
  if (integer(node, 'ceil_mode', 0) !== 0) refuse(node, 'rounds up, which is not known here');
  const spatial = x.slice(2);
  const strides = integers(
    node,
    'strides',
    kernel.map(() => 1),
  );
  const dilations = integers(
    node,
    'dilations',
    kernel.map(() => 1),
  );
  const pads = integers(
    node,
    'pads',
    [...kernel, ...kernel].map(() => 0),
  );
  const automatic = node.attributes.auto_pad ?? 'NOTSET';
  return spatial.map((side, axis) => {
    if (automatic === 'SAME_UPPER' || automatic === 'SAME_LOWER') {
      return Math.ceil(side / strides[axis]);
    }
    const reach = dilations[axis] * (kernel[axis] - 1) + 1;
    const padded = side + pads[axis] + pads[axis + spatial.length];
    return Math.floor((padded - reach) / strides[axis]) + 1;
  });
}

function integer({ attributes }: ShapedNode, name: string, fallback: number): number {
  const value = attributes[name];
  return typeof value === 'number' ? value : fallback;
}

function integers({ attributes }: ShapedNode, name: string, fallback: number[]): number[] {
  const value = attributes[name];
  return Array.isArray(value) ? value : fallback;
}

export function sizeOf(shape: Shape): number {
  return shape.reduce((product, dim) => product * dim, 1);
}
