/** Which of the values that a graph stores were learnt, and by which node each is read first. */

import { operatorOf } from './operators/table.ts';
import type { DataType } from './proto.ts';
import { type Shape, type ShapedGraph, type ShapedNode, sizeOf } from './shaped-graph.ts';
import type { Step } from './shapes.ts';

/**
 * Where a value comes from: from tensors of the file alone, or from the images. It is a feature once a layer with weights
 * has worked on it.
 */
type Origin = { from: 'file'; tensors: readonly string[] } | { from: 'images'; feature: boolean };

/** What is known of a node: how many learnt values it is the first to read, and which of its inputs are stored. */
export interface Reading {
  params: number;
  stored: readonly boolean[];
}

/** Indices, axes and masks are no numbers that a training could move. */
const unlearnt: readonly DataType[] = ['int64', 'bool', 'string'];

/**
 * Learnt are the weights and biases of layers and normalisations, and whatever else of more than one element meets the
 * features on its way: biases added later, scales, position embeddings, class tokens. Not learnt are statistics, scalars,
 * quantisation parameters, and what meets the images before the first layer, such as their mean.
 */
export function readingsOf(graph: ShapedGraph, steps: readonly Step[]): Reading[] {
  const tracer = new Tracer(graph);
  return steps.map((step) => tracer.read(step));
}

/** Follows values from node to node, in the order of the file. */
class Tracer {
  readonly #origins = new Map<string, Origin>();
  /** Elements of the tensors that may have been learnt. */
  readonly #sizes = new Map<string, number>();
  readonly #counted = new Set<string>();

  constructor({ inputs, weights }: ShapedGraph) {
    for (const { name } of inputs) this.#origins.set(name, { from: 'images', feature: false });
    for (const tensor of weights) this.#store(tensor.name, tensor);
  }

  read({ node, outputs }: Step): Reading {
    const sources = node.inputs.map((name) => this.#origins.get(name));
    const first = this.#learntBy(node, sources).filter((name) => !this.#counted.has(name));
    const params = [...new Set(first)].reduce((sum, name) => sum + this.#sizes.get(name)!, 0);
    for (const name of first) this.#counted.add(name);
    for (const [place, name] of node.outputs.entries()) {
      if (isTensorOfItsOwn(node, sources)) this.#store(name, outputs[place]);
      else this.#origins.set(name, this.#originOf(node, sources));
    }
    return { params, stored: sources.map((source) => source?.from === 'file') };
  }

  #store(name: string, { dtype = 'float32', dims }: { dtype?: DataType; dims: Shape }): void {
    const learnable = !unlearnt.includes(dtype);
    if (learnable) this.#sizes.set(name, sizeOf(dims));
    this.#origins.set(name, { from: 'file', tensors: learnable ? [name] : [] });
  }

  #learntBy(node: ShapedNode, sources: readonly (Origin | undefined)[]): string[] {
    const { learnt } = operatorOf(node);
    if (learnt) return learnt.flatMap((place) => tensorsOf(sources[place]));
    const meetsFeatures = sources.some((source) => source?.from === 'images' && source.feature);
    return meetsFeatures ? flowing(node, sources).flatMap(tensorsOf).filter(this.#isNoScalar) : [];
  }

  #originOf(node: ShapedNode, sources: readonly (Origin | undefined)[]): Origin {
    const { learnt } = operatorOf(node);
    const moving = flowing(node, sources);
    const images = moving.filter((source) => source?.from === 'images');
    if (images.length > 0) {
      return {
        from: 'images',
        feature: learnt !== undefined || images.some(({ feature }) => feature),
      };
    }
    const tensors = moving.flatMap(tensorsOf);
    return {
      from: 'file',
      tensors: moving.length > 1 ? tensors.filter(this.#isNoScalar) : tensors,
    };
  }

  readonly #isNoScalar = (name: string) => this.#sizes.get(name)! > 1;
}

/** A constant of the graph; or one of several equal tensors, which an exporter stores once and copies to their names. */
function isTensorOfItsOwn({ op }: ShapedNode, sources: readonly (Origin | undefined)[]): boolean {
  return op === 'Constant' || (op === 'Identity' && tensorsOf(sources[0]).length > 0);
}

function flowing(node: ShapedNode, sources: readonly (Origin | undefined)[]) {
  const { flows } = operatorOf(node);
  return flows ? flows.map((place) => sources[place]) : sources;
}

const tensorsOf = (source: Origin | undefined) => (source?.from === 'file' ? source.tensors : []);
