/** ResNeXt: Xie et al., arXiv 1611.05431, as torchvision lays it out: the stride is on the grouped 3×3. */
import { type Feature, type Network, NetworkBuilder } from './network.ts';

export interface ResNext {
  family: 'resnext';
  /** Blocks of each of the four layers. */
  blocks: readonly [number, number, number, number];
  groups: number;
  /** Filters of one group in the first layer; doubles from layer to layer. */
  widthPerGroup: number;
}

const stemFilters = 64;
/** Filters that leave the blocks of the first layer, whatever the groups; doubles from layer to layer. */
const firstFilters = 256;
const epsilon = 1e-5;
/** An untrained residual branch starts at this part of its strength. */
const damping = 0.2;
const padding = 'symmetric';

/** Tensors are named as torchvision names them (`resnext101_32x8d`). */
export function describeResNext(
  { blocks, groups, widthPerGroup }: ResNext,
  { side, classes }: { side: number; classes: number },
): Network {
  const net = new NetworkBuilder(side);
  let x = net.conv(net.input(), {
    name: 'conv1',
    filters: stemFilters,
    kernel: 7,
    stride: 2,
    padding,
  });
  x = net.relu(net.norm(x, { name: 'bn1', epsilon }));
  x = net.maxPool(x, { name: 'maxpool', kernel: 3, stride: 2, padding });
  for (const [layer, repeats] of blocks.entries()) {
    for (let place = 0; place < repeats; place += 1) {
      x = addBottleneck(net, x, {
        name: `layer${layer + 1}.${place}`,
        width: groups * widthPerGroup * 2 ** layer,
        filters: firstFilters * 2 ** layer,
        groups,
        stride: layer > 0 && place === 0 ? 2 : 1,
        reshapes: place === 0,
      });
    }
  }
  return net.classifier(net.globalPool(x), { name: 'fc', classes });
}

interface Bottleneck {
  name: string;
  /** Filters of the grouped convolution. */
  width: number;
  /** Filters that leave the block. */
  filters: number;
  groups: number;
  stride: number;
  /** The first block of a layer brings its shortcut to the new shape. */
  reshapes: boolean;
}

function addBottleneck(net: NetworkBuilder, x: Feature, block: Bottleneck): Feature {
  const { name, width, filters, groups, stride, reshapes } = block;
  const conv = (feature: Feature, place: number, rest: { filters: number; kernel: number }) =>
    net.conv(feature, { name: `${name}.conv${place}`, padding, ...rest });
  const norm = (feature: Feature, place: number, scale = 1) =>
    net.norm(feature, { name: `${name}.bn${place}`, epsilon, scale });

  let y = net.relu(norm(conv(x, 1, { filters: width, kernel: 1 }), 1));
  const grouped = { filters: width, kernel: 3, stride, groups };
  y = net.relu(norm(conv(y, 2, grouped), 2));
  y = norm(conv(y, 3, { filters, kernel: 1 }), 3, damping);
  const shortcut = reshapes ? reshape(net, x, { name, filters, stride }) : x;
  return net.relu(net.add(y, { shortcut, name }));
}

function reshape(
  net: NetworkBuilder,
  x: Feature,
  { name, filters, stride }: Pick<Bottleneck, 'name' | 'filters' | 'stride'>,
): Feature {
  const layer = { name: `${name}.downsample.0`, filters, kernel: 1, stride, padding } as const;
  return net.norm(net.conv(x, layer), { name: `${name}.downsample.1`, epsilon });
}
