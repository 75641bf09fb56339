/** The part of a graph that shapes and cost need; of files and of graphs made here alike. */
import { TopfiveError } from '../errors.ts';
import type { Attribute } from './graph.ts';
import type { DataType } from './proto.ts';

export type Shape = readonly number[];

/** A tensor that the file holds. */
export interface StoredTensor {
  name: string;
  dims: Shape;
  /** Default float32. */
  dtype?: DataType;
  /** Little-endian elements; null or absent when they are not here. */
  data?: Uint8Array | null;
}

/** `unread` is the AttributeType of a kind that is not read: a graph, a list of texts. */
export type StoredAttribute = Attribute | { tensor: StoredTensor } | { unread: number };

export interface ShapedNode {
  op: string;
  /** Empty or absent for the operators of ONNX itself. */
  domain?: string;
  inputs: readonly string[];
  outputs: readonly string[];
  attributes: Readonly<Record<string, StoredAttribute>>;
}

export interface ShapedGraph {
  /** The stored tensors may be listed among the inputs, as files before version 4 of the format have it. */
  inputs: readonly { name: string; dtype?: DataType }[];
  weights: readonly StoredTensor[];
  nodes: readonly ShapedNode[];
}

export function sizeOf(shape: Shape): number {
  return shape.reduce((product, dim) => product * dim, 1);
}

/** @throws TopfiveError `model`, naming the node */
export function refuse({ op, outputs }: ShapedNode, why: string): never {
  throw new TopfiveError(
    'model',
    `the ${op} that gives "${outputs[0]}" ${why}: check the file, or the size of its input`,
  );
}
