/** EfficientNet's tensors as timm, lukemelas, torchvision and Paddle name them. */
import { type Naming, paddleSource, type Source, splitName } from './naming.ts';

/** The layers of the network, whatever their names. */
type Role =
  | 'stem'
  | 'stemNorm'
  | 'expand'
  | 'expandNorm'
  | 'depthwise'
  | 'depthwiseNorm'
  | 'reduce'
  | 'excite'
  | 'project'
  | 'projectNorm'
  | 'head'
  | 'headNorm'
  | 'classifier';

interface Layer {
  role: Role;
  /** Absent outside of the blocks. */
  block?: {
    /** Counted through the whole network. */
    index: number;
    stage: number;
    /** In its stage. */
    place: number;
    widens: boolean;
  };
}

const outer: Readonly<Record<string, Role>> = {
  conv_stem: 'stem',
  bn1: 'stemNorm',
  conv_head: 'head',
  bn2: 'headNorm',
  classifier: 'classifier',
};
const excitation: Readonly<Record<string, Role>> = {
  'se.conv_reduce': 'reduce',
  'se.conv_expand': 'excite',
};
/** A block that widens first. */
const widening: Readonly<Record<string, Role>> = {
  ...excitation,
  conv_pw: 'expand',
  bn1: 'expandNorm',
  conv_dw: 'depthwise',
  bn2: 'depthwiseNorm',
  conv_pwl: 'project',
  bn3: 'projectNorm',
};
/** A block of the first stage. */
const plain: Readonly<Record<string, Role>> = {
  ...excitation,
  conv_dw: 'depthwise',
  bn1: 'depthwiseNorm',
  conv_pw: 'project',
  bn2: 'projectNorm',
};

/** github.com/lukemelas/EfficientNet-PyTorch, model.py; Paddle's static graph took the names over. */
const lukemelas: Readonly<Record<Role, string>> = {
  stem: '_conv_stem',
  stemNorm: '_bn0',
  expand: '_expand_conv',
  expandNorm: '_bn0',
  depthwise: '_depthwise_conv',
  depthwiseNorm: '_bn1',
  reduce: '_se_reduce',
  excite: '_se_expand',
  project: '_project_conv',
  projectNorm: '_bn2',
  head: '_conv_head',
  headNorm: '_bn1',
  classifier: '_fc',
};

/** PaddleClas ppcls/arch/backbone/model_zoo/efficientnet.py: the attributes on the way to each layer. */
const paddle: Readonly<Record<Role, string>> = {
  stem: '_ef._conv_stem._conv._conv._conv',
  stemNorm: '_ef._conv_stem._conv._bn',
  expand: '_ecn._conv._conv._conv',
  expandNorm: '_ecn._conv._bn',
  depthwise: '_dcn._conv._conv._conv',
  depthwiseNorm: '_dcn._conv._bn',
  reduce: '_se._conv1._conv',
  excite: '_se._conv2._conv',
  project: '_pcn._conv._conv._conv',
  projectNorm: '_pcn._conv._bn',
  head: '_conv._conv._conv',
  headNorm: '_conv._bn',
  classifier: '_fc',
};

/** The words that end a variable's name in Paddle's static graph. */
const staticNorm: Readonly<Record<string, string>> = {
  weight: 'scale',
  bias: 'offset',
  running_mean: 'mean',
  running_var: 'variance',
};
const staticLeaves: Readonly<Record<string, string>> = { weight: 'weights', bias: 'offset' };

/**
 * The network itself is named as timm's `tf_efficientnet_b*`. The weights of timm's `efficientnet_b*`, which bear the same
 * names, and those that torchvision publishes pad and normalise in another way: a checkpoint cannot tell.
 * @param tensors names of the network's tensors, in its order
 */
export function efficientNetNamings(tensors: readonly string[]): Naming[] {
  const layers = layersOf(tensors);
  const rename =
    (source: (layer: Layer, leaf: string) => Source) =>
    (name: string): Source => {
      const { layer, leaf } = splitName(name);
      return source(layers.get(layer)!, leaf);
    };
  return [
    { title: 'timm', sourceOf: (name) => ({ name, transposed: false }) },
    { title: 'lukemelas', sourceOf: rename(lukemelasSource) },
    { title: 'torchvision', sourceOf: rename(torchvisionSource) },
    { title: 'Paddle', sourceOf: rename(dynamicSource) },
    { title: 'Paddle static', sourceOf: rename(staticSource) },
  ];
}

/** Blocks are `blocks.STAGE.PLACE`; one that widens has a `conv_pwl`. */
function layersOf(tensors: readonly string[]): Map<string, Layer> {
  const names = new Set(tensors.map((name) => splitName(name).layer));
  const indices = new Map<string, number>();
  const layers = new Map<string, Layer>();
  for (const name of names) {
    const [, block, stage, place, rest] = /^(blocks\.(\d+)\.(\d+))\.(.+)$/.exec(name) ?? [];
    if (block === undefined) {
      layers.set(name, { role: outer[name] });
      continue;
    }
    const index = indices.get(block) ?? indices.size;
    indices.set(block, index);
    const widens = names.has(`${block}.conv_pwl`);
    const role = (widens ? widening : plain)[rest];
    layers.set(name, {
      role,
      block: { index, stage: Number(stage), place: Number(place), widens },
    });
  }
  return layers;
}

function lukemelasSource({ role, block }: Layer, leaf: string): Source {
  return { name: `${flatBlock(block)}${lukemelas[role]}.${leaf}`, transposed: false };
}

/** torchvision/models/efficientnet.py: places in rows of layers, the block's own and those of its parts. */
function torchvisionSource({ role, block }: Layer, leaf: string): Source {
  const path = block ? torchvisionPart(role, block) : torchvisionOuter[role];
  return { name: `${path}.${leaf}`, transposed: false };
}

/** After the stem and seven stages comes the head. */
const torchvisionOuter: Partial<Record<Role, string>> = {
  stem: 'features.0.0',
  stemNorm: 'features.0.1',
  head: 'features.8.0',
  headNorm: 'features.8.1',
  classifier: 'classifier.1',
};

/** In a block that widens; in others each part stands one place earlier. */
const torchvisionParts: Partial<Record<Role, readonly [part: number, layer: string]>> = {
  expand: [0, '0'],
  expandNorm: [0, '1'],
  depthwise: [1, '0'],
  depthwiseNorm: [1, '1'],
  reduce: [2, 'fc1'],
  excite: [2, 'fc2'],
  project: [3, '0'],
  projectNorm: [3, '1'],
};

function torchvisionPart(
  role: Role,
  { stage, place, widens }: NonNullable<Layer['block']>,
): string {
  const [part, layer] = torchvisionParts[role]!;
  return `features.${stage + 1}.${place}.block.${widens ? part : part - 1}.${layer}`;
}

/** Sublayers were added under names that end in a dot, and repeats of a stage under another name. */
function dynamicSource({ role, block }: Layer, leaf: string): Source {
  const path = block ? `_ef.${block.place === 0 ? '_blocks' : 'block'}.${block.index}..` : '';
  return paddleSource(`${path}${paddle[role]}`, { leaf, linear: role === 'classifier' });
}

function staticSource({ role, block }: Layer, leaf: string): Source {
  const words = role.endsWith('Norm') ? staticNorm : staticLeaves;
  const name = `${flatBlock(block)}${lukemelas[role]}_${words[leaf]}`;
  return { name, transposed: role === 'classifier' && leaf === 'weight' };
}

function flatBlock(block: Layer['block']): string {
  return block ? `_blocks.${block.index}.` : '';
}
