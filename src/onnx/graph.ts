/** A graph as plain data, and a builder that names what it adds. */
import type { DataType } from './proto.ts';

/** An input or output; a string is a symbolic dimension. */
export interface Value {
  name: string;
  dtype: DataType;
  dims: (number | string)[];
}

/** A number is an integer, a list of numbers integers; floats say so. */
export type Attribute = number | string | number[] | { float: number } | { floats: number[] };

export interface Node {
  op: string;
  inputs: string[];
  outputs: string[];
  attributes: Record<string, Attribute>;
}

export interface Weights {
  name: string;
  dims: number[];
  data: Float32Array | BigInt64Array;
}

export interface Graph {
  name: string;
  inputs: Value[];
  outputs: Value[];
  weights: Weights[];
  nodes: Node[];
}

/** Adds nodes and weights in order; the same calls give the same graph. */
export class GraphBuilder {
  readonly graph: Graph;

  constructor(name: string) {
    this.graph = { name, inputs: [], outputs: [], weights: [], nodes: [] };
  }

  input(name: string, dims: (number | string)[], dtype: DataType = 'float32'): string {
    this.graph.inputs.push({ name, dtype, dims });
    return name;
  }

  weights(dims: number[], data: Float32Array | readonly number[]): string {
    return this.#store(dims, Float32Array.from(data));
  }

  integers(values: readonly number[]): string {
    return this.#store([values.length], BigInt64Array.from(values.map(BigInt)));
  }

  /** @returns the name of the node's one output. */
  node(op: string, inputs: string[], attributes: Record<string, Attribute> = {}): string {
    const output = `${op.toLowerCase()}_${this.graph.nodes.length}`;
    this.graph.nodes.push({ op, inputs, outputs: [output], attributes });
    return output;
  }

  /** Declares what `source` holds as an output of the graph under a name of its own. */
  output(name: string, source: string, dims: (number | string)[]): void {
    this.graph.nodes.push({ op: 'Identity', inputs: [source], outputs: [name], attributes: {} });
    this.graph.outputs.push({ name, dtype: 'float32', dims });
  }

  #store(dims: number[], data: Float32Array | BigInt64Array): string {
    const name = `weights_${this.graph.weights.length}`;
    this.graph.weights.push({ name, dims, data });
    return name;
  }
}
