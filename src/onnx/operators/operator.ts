/** What is known of an operator, and how a rule reads a node. */
import type { DataType } from '../proto.ts';
import { refuse, type Shape, type ShapedNode } from '../shaped-graph.ts';

/** What is known of a value before any image is there. */
export interface Tensor {
  dtype: DataType;
  dims: Shape;
  /** Row-major; of small tensors that follow from shapes and constants alone. */
  values?: readonly number[] | undefined;
}

export interface Call {
  node: ShapedNode;
  /** Undefined for an input that is left out. */
  inputs: readonly (Tensor | undefined)[];
}

export interface Operator {
  /** The outputs in order; those after the last that matters may be missing. */
  infer(call: Call): Tensor[];
  /** Multiply-accumulates. Zero is said, never assumed. */
  macs(call: Call & { outputs: readonly Tensor[] }): number;
  /** Places of weights and biases: what is stored there was learnt. */
  learnt?: readonly number[];
  /** Places whose values go on to the output; others hold axes, shapes, zero points. Default all. */
  flows?: readonly number[];
}

export type Operators = Readonly<Record<string, Operator>>;

export const none = () => 0;

/** An operator that neither multiplies and accumulates nor holds weights. */
export function plain(infer: Operator['infer'], flows?: readonly number[]): Operator {
  return flows ? { infer, macs: none, flows } : { infer, macs: none };
}

/** The first output is as the first input; its values are not followed. */
export const same: Operator['infer'] = (call) => [shaped(input(call, 0))];

/** The same operator under each of these names. */
export function each(names: string, operator: Operator): Operators {
  return Object.fromEntries(names.split(' ').map((name) => [name, operator]));
}

/** A tensor of the same type, of these dimensions or its own, without values. */
export function shaped({ dtype, dims }: Tensor, others: Shape = dims): Tensor {
  return { dtype, dims: others };
}

export function input({ node, inputs }: Call, place: number): Tensor {
  return inputs[place] ?? refuse(node, `lacks its input ${place + 1}`);
}

/** Values of a tensor that decides a shape. */
export function known({ node }: Call, tensor: Tensor): readonly number[] {
  return tensor.values ?? refuse(node, 'has a shape that depends on the images');
}

/** An axis counted from either end, counted from the front. */
export function axisOf({ node }: Call, { axis, rank }: { axis: number; rank: number }): number {
  const place = axis < 0 ? axis + rank : axis;
  if (!Number.isInteger(place) || place < 0 || place >= rank) {
    refuse(node, `speaks of axis ${axis} of ${rank}`);
  }
  return place;
}

export function integer({ attributes }: ShapedNode, name: string, fallback: number): number {
  const value = attributes[name];
  return typeof value === 'number' ? value : fallback;
}

/** Undefined when the node does not say it. */
export function integers({ attributes }: ShapedNode, name: string): readonly number[] | undefined {
  const value = attributes[name];
  return Array.isArray(value) ? value : undefined;
}

export function text({ attributes }: ShapedNode, name: string, fallback: string): string {
  const value = attributes[name];
  return typeof value === 'string' ? value : fallback;
}

/** Integers of an attribute, as older operator sets have it, or of an input; undefined when neither is there. */
export function setting(
  call: Call,
  { attribute, place }: { attribute: string; place: number },
): readonly number[] | undefined {
  const { node, inputs } = call;
  const tensor = inputs[place];
  return integers(node, attribute) ?? (tensor && known(call, tensor));
}
