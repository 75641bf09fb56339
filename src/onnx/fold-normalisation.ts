/** Batch normalisation that follows a convolution becomes a factor on its weights and another bias. */
import type { ReadNode } from './read.ts';
import type { Initializer } from './read-tensor.ts';

interface FoldableGraph {
  outputs: readonly { name: string }[];
  initializers: readonly Pick<Initializer, 'name' | 'dtype'>[];
  nodes: readonly ReadNode[];
}

export interface Folded {
  /** In the places of the file: null where a normalisation was, its convolution gives its result. */
  nodes: (ReadNode | null)[];
  /** Factors of the output channels, by the name of a convolution's weights. */
  factors: ReadonlyMap<string, Float64Array>;
  /** New values of initializers, by name. */
  biases: ReadonlyMap<string, Float32Array>;
  /** Names of the initializers that are not needed any more. */
  dropped: ReadonlySet<string>;
}

/** @param read the values of a float32 initializer */
export async function foldNormalisation(
  graph: FoldableGraph,
  read: (name: string) => Promise<Float32Array>,
): Promise<Folded> {
  const nodes: (ReadNode | null)[] = [...graph.nodes];
  const factors = new Map<string, Float64Array>();
  const biases = new Map<string, Float32Array>();
  const dropped = new Set<string>();
  for (const fold of findFolds(graph)) {
    const { convolution, normalisation, weight, bias, scale, shift, mean, variance } = fold;
    const values = await foldedValues(fold, read);
    factors.set(weight, values.factors);
    biases.set(bias ?? shift, values.bias);
    for (const name of [scale, mean, variance, ...(bias ? [shift] : [])]) dropped.add(name);
    const { inputs, ...node } = graph.nodes[convolution];
    nodes[convolution] = {
      ...node,
      inputs: [inputs[0], weight, bias ?? shift],
      outputs: [graph.nodes[normalisation].outputs[0]],
    };
    nodes[normalisation] = null;
  }
  return { nodes, factors, biases, dropped };
}

/** Numbers are places among the nodes, texts names of initializers that nothing else reads. */
interface Fold {
  convolution: number;
  normalisation: number;
  weight: string;
  /** Of the convolution, where it has one. */
  bias: string | undefined;
  scale: string;
  shift: string;
  mean: string;
  variance: string;
  epsilon: number;
}

function findFolds({ outputs, initializers, nodes }: FoldableGraph): Fold[] {
  const floats = new Set(
    initializers.filter(({ dtype }) => dtype === 'float32').map(({ name }) => name),
  );
  const uses = new Map<string, number>();
  for (const name of [
    ...nodes.flatMap(({ inputs }) => inputs),
    ...outputs.map(({ name }) => name),
  ]) {
    uses.set(name, (uses.get(name) ?? 0) + 1);
  }
  const isAlone = (name: string) => uses.get(name) === 1;
  const makers = new Map(nodes.flatMap((node, place) => node.outputs.map((name) => [name, place])));
  return nodes.flatMap((node, normalisation) => {
    const [result, scale, shift, mean, variance] = node.inputs;
    const convolution = makers.get(result);
    if (convolution === undefined || !isNormalisation(node)) return [];
    const [, weight, bias = ''] = nodes[convolution].inputs;
    const values = [weight, scale, shift, mean, variance, ...(bias ? [bias] : [])];
    const fits =
      isOwn(nodes[convolution], 'Conv') &&
      isAlone(result) &&
      values.every((name) => floats.has(name) && isAlone(name));
    const epsilon = epsilonOf(node);
    const names = { weight, bias: bias || undefined, scale, shift, mean, variance };
    return fits ? [{ convolution, normalisation, epsilon, ...names }] : [];
  });
}

/** In training it has further outputs. */
const isNormalisation = (node: ReadNode) =>
  isOwn(node, 'BatchNormalization') && node.outputs.filter((name) => name !== '').length === 1;

const isOwn = ({ op, domain }: ReadNode, wanted: string) =>
  op === wanted && (domain === '' || domain === 'ai.onnx');

/** ONNX's default for BatchNormalization. */
const usualEpsilon = 1e-5;

function epsilonOf({ attributes: { epsilon } }: ReadNode): number {
  return typeof epsilon === 'object' && 'float' in epsilon ? epsilon.float : usualEpsilon;
}

async function foldedValues(
  fold: Fold,
  read: (name: string) => Promise<Float32Array>,
): Promise<{ factors: Float64Array; bias: Float32Array }> {
  const scale = await read(fold.scale);
  const shift = await read(fold.shift);
  const mean = await read(fold.mean);
  const variance = await read(fold.variance);
  const bias = fold.bias === undefined ? undefined : await read(fold.bias);
  const factors = Float64Array.from(
    scale,
    (value, channel) => value / Math.sqrt(variance[channel] + fold.epsilon),
  );
  const shifted = shift.map(
    (value, channel) => value + ((bias?.[channel] ?? 0) - mean[channel]) * factors[channel],
  );
  return { factors, bias: shifted };
}
