/** EfficientNet: Tan and Le, arXiv 1905.11946, with the padding and layer order of the TensorFlow original. */
import {
  type ConvLayer,
  type Feature,
  type Network,
  NetworkBuilder,
  swishShift,
} from './network.ts';
import type { PaddingRule } from './padding.ts';

export interface EfficientNet {
  family: 'efficientnet';
  /** Multiplies the filters. */
  width: number;
  /** Multiplies the repeats. */
  depth: number;
  /** Squeeze and excitation in every block. */
  squeezeExcite: boolean;
  padding: PaddingRule;
}

interface Stage {
  repeats: number;
  kernel: number;
  /** Of the first block; the others have 1. */
  stride: number;
  expand: number;
  filters: number;
}

/** Table 1 of the paper, before scaling. */
const stages: readonly Stage[] = [
  { repeats: 1, kernel: 3, stride: 1, expand: 1, filters: 16 },
  { repeats: 2, kernel: 3, stride: 2, expand: 6, filters: 24 },
  { repeats: 2, kernel: 5, stride: 2, expand: 6, filters: 40 },
  { repeats: 3, kernel: 3, stride: 2, expand: 6, filters: 80 },
  { repeats: 3, kernel: 5, stride: 1, expand: 6, filters: 112 },
  { repeats: 4, kernel: 5, stride: 2, expand: 6, filters: 192 },
  { repeats: 1, kernel: 3, stride: 1, expand: 6, filters: 320 },
];
const stemFilters = 32;
const headFilters = 1280;
/** Filters are multiples of this. */
const divisor = 8;
/** Width of the squeeze, as a part of the filters that enter the block. */
const squeeze = 0.25;
/** Of batch normalisation, in the TensorFlow original. */
const epsilon = 1e-3;
/** An untrained residual branch starts at this part of its strength. */
const damping = 0.2;
/** Untrained gates stay near one half, whatever comes in. */
const gateDeviation = 0.2;

/** To the nearest multiple of 8, but never more than a tenth below the wanted number. */
function scaleFilters(filters: number, width: number): number {
  const wanted = filters * width;
  const rounded = Math.max(divisor, Math.floor((wanted + divisor / 2) / divisor) * divisor);
  return rounded < 0.9 * wanted ? rounded + divisor : rounded;
}

/** Tensors are named as timm names them (`tf_efficientnet_b0` and its kin). */
export function describeEfficientNet(
  architecture: EfficientNet,
  { side, classes }: { side: number; classes: number },
): Network {
  const { width, depth, padding } = architecture;
  const net = new NetworkBuilder(side);
  const stem = { name: 'conv_stem', filters: scaleFilters(stemFilters, width), kernel: 3 };
  let x = convSwish(net, net.input(), { ...stem, stride: 2, padding, norm: 'bn1' });
  for (const [index, stage] of stages.entries()) {
    const filters = scaleFilters(stage.filters, width);
    for (let place = 0; place < Math.ceil(stage.repeats * depth); place += 1) {
      const stride = place === 0 ? stage.stride : 1;
      const name = `blocks.${index}.${place}`;
      x = addBlock(net, { x, architecture, block: { ...stage, name, stride, filters } });
    }
  }
  const head = { name: 'conv_head', filters: scaleFilters(headFilters, width), kernel: 1 };
  x = convSwish(net, x, { ...head, padding, norm: 'bn2' });
  return net.classifier(net.globalPool(x), { name: 'classifier', classes });
}

interface BlockParts {
  x: Feature;
  architecture: EfficientNet;
  block: Omit<Stage, 'repeats'> & { name: string };
}

/** An inverted bottleneck: widen, depthwise, squeeze and excite, project; with a shortcut where the shape stays. */
function addBlock(net: NetworkBuilder, { x, architecture, block }: BlockParts): Feature {
  const { name, kernel, stride, expand, filters } = block;
  const { padding, squeezeExcite } = architecture;
  const residual = stride === 1 && x.channels === filters;
  const widened = expand > 1;
  const [widen, depthwise, project] = widened
    ? [`${name}.bn1`, `${name}.bn2`, `${name}.bn3`]
    : ['', `${name}.bn1`, `${name}.bn2`];

  let y = x;
  if (widened) {
    const layer = { name: `${name}.conv_pw`, filters: x.channels * expand, kernel: 1, padding };
    y = convSwish(net, y, { ...layer, norm: widen });
  }
  const groups = y.channels;
  const layer = { name: `${name}.conv_dw`, filters: groups, groups, kernel, stride, padding };
  y = convSwish(net, y, { ...layer, norm: depthwise });
  if (squeezeExcite) {
    const width = Math.max(1, Math.floor(x.channels * squeeze));
    y = addSqueezeExcite(net, { x: y, name: `${name}.se`, width });
  }
  const last = `${name}.${widened ? 'conv_pwl' : 'conv_pw'}`;
  y = net.conv(y, { name: last, filters, kernel: 1, padding });
  y = net.norm(y, { name: project, epsilon, scale: residual ? damping : 1 });
  return residual ? net.add(y, { shortcut: x, name }) : y;
}

function convSwish(
  net: NetworkBuilder,
  x: Feature,
  { norm, ...layer }: ConvLayer & { norm: string },
): Feature {
  return net.swish(net.norm(net.conv(x, layer), { name: norm, epsilon, shift: swishShift }));
}

/** Hu et al., arXiv 1709.01507: a gate for each channel, from the means of all channels. */
function addSqueezeExcite(
  net: NetworkBuilder,
  { x, name, width }: { x: Feature; name: string; width: number },
): Feature {
  const dense = { kernel: 1, padding: 'symmetric', bias: true } as const;
  const reduce = { ...dense, name: `${name}.conv_reduce`, filters: width };
  const excite = {
    ...dense,
    name: `${name}.conv_expand`,
    filters: x.channels,
    deviation: gateDeviation,
  };
  const squeezed = net.swish(net.conv(net.globalPool(x), reduce));
  return net.gate(x, net.sigmoid(net.conv(squeezed, excite)));
}
