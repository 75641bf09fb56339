/** ResNeXt's tensors as torchvision and Paddle name them. */
import { type Naming, paddleSource, splitName } from './naming.ts';

const classifier = 'fc';

/**
 * The network itself is named as torchvision's; WSL, FixRes and timm publish the same names. Paddle's static
 * variables have them too, with the classifier transposed.
 */
export const resnextNamings: readonly Naming[] = [
  { title: 'torchvision', sourceOf: (name) => ({ name, transposed: false }) },
  {
    title: 'Paddle',
    sourceOf: (name) => {
      const { layer, leaf } = splitName(name);
      return paddleSource(paddleLayer(layer), { leaf, linear: layer === classifier });
    },
  },
  {
    title: 'Paddle static',
    sourceOf: (name) => ({ name, transposed: name === `${classifier}.weight` }),
  },
];

/** PaddleClas ppcls/arch/backbone/model_zoo/resnext101_wsl.py: the attributes on the way to each layer. */
function paddleLayer(layer: string): string {
  if (layer === classifier) return '_out';
  const [, stage, place, rest] = /^layer(\d+)\.(\d+)\.(.+)$/.exec(layer) ?? [];
  if (rest === undefined) return `_conv_stem.${partOf(layer)}`;
  const block = `_conv${stage}_${place}`;
  const [, shortcut] = /^downsample\.([01])$/.exec(rest) ?? [];
  if (shortcut !== undefined) return `${block}._short._conv.${shortcut === '0' ? '_conv' : '_bn'}`;
  return `${block}._conv${Number(rest.slice(-1)) - 1}.${partOf(rest)}`;
}

/** @param layer `conv1`, `bn1`, … */
function partOf(layer: string): string {
  return layer.startsWith('conv') ? '_conv' : '_bn';
}
