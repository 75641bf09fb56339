/** A network before it has weights: the tensors it wants and the nodes that name them, laid down layer by layer. */
import type { Attribute, Node } from '../../onnx/graph.ts';
import { type PaddingRule, paddingRules, type Window } from './padding.ts';

/** A tensor that the network wants filled. */
export interface TensorSpec {
  /** Stable: what a checkpoint's tensors are matched against. */
  name: string;
  dims: readonly number[];
  /** What an untrained network starts from: mean and standard deviation. */
  init: { mean: number; deviation: number };
}

export interface Network {
  /** Side in pixels of the square input, `[N, 3, side, side]`. */
  side: number;
  /** Width of the output, `[N, classes]`. */
  classes: number;
  tensors: readonly TensorSpec[];
  nodes: readonly Node[];
}

/** Names of the graph's one input and one output. */
export const inputName = 'input';
export const outputName = 'logits';

/** What flows between layers. */
export interface Feature {
  /** Name of the value in the graph. */
  value: string;
  channels: number;
  side: number;
  /**
   * Expected mean square of an element in an untrained network. Each convolution starts with weights that
   * bring it back to 1 (He et al. 2015, with the power tracked instead of a gain for each activation).
   */
  power: number;
  /** True when positive and negative elements are equally likely, so that a rectifier halves the power. */
  centred: boolean;
}

export interface ConvLayer {
  name: string;
  filters: number;
  kernel: number;
  padding: PaddingRule;
  /** Default 1. */
  stride?: number;
  /** Default 1. */
  groups?: number;
  /** Default false. */
  bias?: boolean;
  /** Standard deviation of what comes out of an untrained network. Default 1. */
  deviation?: number;
}

export interface NormLayer {
  name: string;
  epsilon: number;
  /** What the scale starts from; below 1 it damps a residual branch. Default 1. */
  scale?: number;
  /** What the bias starts from. Default 0. */
  shift?: number;
}

/**
 * With this shift before it, swish of an untrained network neither amplifies a deviation of the power from 1
 * nor drowns what differs between images; its mean square is then swishPower (normal x, by numerical integration).
 */
export const swishShift = 0.3;
const swishPower = 0.5645;
/** Mean square of sigmoid(x) for small x. */
const sigmoidPower = 0.25;
/** Standard deviation that untrained logits aim at, so that softmax is neither flat nor one-hot. */
const logitDeviation = 2;

const zeros = { mean: 0, deviation: 0 };
const constant = (mean: number) => ({ mean, deviation: 0 });

/** Adds layers in order; the same calls give the same network. */
export class NetworkBuilder {
  readonly #side: number;
  readonly #tensors: TensorSpec[] = [];
  readonly #nodes: Node[] = [];

  constructor(side: number) {
    this.#side = side;
  }

  input(): Feature {
    return { value: inputName, channels: 3, side: this.#side, power: 1, centred: true };
  }

  conv(x: Feature, layer: ConvLayer): Feature {
    const { name, filters, kernel, padding, stride = 1, groups = 1, bias = false } = layer;
    const power = (layer.deviation ?? 1) ** 2;
    const depth = x.channels / groups;
    const deviation = Math.sqrt(power / (depth * kernel * kernel * x.power));
    const dims = [filters, depth, kernel, kernel];
    const inputs = [x.value, this.#tensor(`${name}.weight`, dims, { mean: 0, deviation })];
    if (bias) inputs.push(this.#tensor(`${name}.bias`, [filters], zeros));
    const window = { side: x.side, kernel, stride };
    const value = this.#node(
      'Conv',
      { inputs, value: name },
      { group: groups, ...slide(window, padding) },
    );
    return { value, channels: filters, side: sideAfter(window, padding), power, centred: true };
  }

  norm(x: Feature, { name, epsilon, scale = 1, shift = 0 }: NormLayer): Feature {
    const tensor = (part: string, mean: number) =>
      this.#tensor(`${name}.${part}`, [x.channels], constant(mean));
    const inputs = [
      x.value,
      tensor('weight', scale),
      tensor('bias', shift),
      tensor('running_mean', 0),
      tensor('running_var', 1),
    ];
    const attributes = { epsilon: { float: epsilon } };
    const value = this.#node('BatchNormalization', { inputs, value: name }, attributes);
    return { ...x, value, power: x.power * scale ** 2 };
  }

  relu(x: Feature): Feature {
    const value = this.#node('Relu', { inputs: [x.value], value: `${x.value}.relu` });
    return { ...x, value, power: x.centred ? x.power / 2 : x.power, centred: false };
  }

  /** x · sigmoid(x) */
  swish(x: Feature): Feature {
    const gate = this.sigmoid(x);
    const inputs = [x.value, gate.value];
    const value = this.#node('Mul', { inputs, value: `${x.value}.swish` });
    return { ...x, value, power: x.power * swishPower, centred: false };
  }

  sigmoid(x: Feature): Feature {
    const value = this.#node('Sigmoid', { inputs: [x.value], value: `${x.value}.sigmoid` });
    return { ...x, value, power: sigmoidPower, centred: false };
  }

  /** Multiplies each channel of `x` by its gate. */
  gate(x: Feature, gates: Feature): Feature {
    const inputs = [x.value, gates.value];
    const value = this.#node('Mul', { inputs, value: `${gates.value}.gate` });
    return { ...x, value, power: x.power * gates.power };
  }

  /** @param name of the block that ends here */
  add(branch: Feature, { shortcut, name }: { shortcut: Feature; name: string }): Feature {
    const inputs = [branch.value, shortcut.value];
    const value = this.#node('Add', { inputs, value: `${name}.add` });
    const centred = branch.centred && shortcut.centred;
    return { ...branch, value, power: branch.power + shortcut.power, centred };
  }

  maxPool(x: Feature, layer: Pick<ConvLayer, 'name' | 'kernel' | 'padding'> & { stride: number }) {
    const { name, kernel, stride, padding } = layer;
    const window = { side: x.side, kernel, stride };
    const inputs = [x.value];
    const value = this.#node('MaxPool', { inputs, value: name }, slide(window, padding));
    return { ...x, value, side: sideAfter(window, padding) };
  }

  /** The mean of each channel. */
  globalPool(x: Feature): Feature {
    const value = this.#node('GlobalAveragePool', { inputs: [x.value], value: `${x.value}.mean` });
    return { ...x, value, side: 1 };
  }

  /** The linear layer that ends the network. */
  classifier(x: Feature, { name, classes }: { name: string; classes: number }): Network {
    const flat = this.#node(
      'Flatten',
      { inputs: [x.value], value: `${x.value}.flat` },
      { axis: 1 },
    );
    const deviation = logitDeviation / Math.sqrt(x.channels * x.power);
    const inputs = [
      flat,
      this.#tensor(`${name}.weight`, [classes, x.channels], { mean: 0, deviation }),
      this.#tensor(`${name}.bias`, [classes], zeros),
    ];
    this.#node('Gemm', { inputs, value: outputName }, { transB: 1 });
    return { side: this.#side, classes, tensors: this.#tensors, nodes: this.#nodes };
  }

  #tensor(name: string, dims: number[], init: TensorSpec['init']): string {
    this.#tensors.push({ name, dims, init });
    return name;
  }

  #node(
    op: string,
    { inputs, value }: { inputs: string[]; value: string },
    attributes: Record<string, Attribute> = {},
  ): string {
    this.#nodes.push({ op, inputs, outputs: [value], attributes });
    return value;
  }
}

function slide(window: Window, rule: PaddingRule): Record<string, Attribute> {
  const { kernel, stride } = window;
  const [before, after] = paddingRules[rule](window);
  return {
    kernel_shape: [kernel, kernel],
    strides: [stride, stride],
    pads: [before, before, after, after],
  };
}

function sideAfter(window: Window, rule: PaddingRule): number {
  const [before, after] = paddingRules[rule](window);
  return Math.floor((window.side + before + after - window.kernel) / window.stride) + 1;
}
