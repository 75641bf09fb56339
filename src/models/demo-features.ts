/** A small convolutional feature extractor with seeded random filters; it learns nothing, its head does. */
import { createRandom, type Random } from '../data/random.ts';
import { type Graph, GraphBuilder } from '../onnx/graph.ts';

export interface FeatureShape {
  /** Side of the square input in pixels. */
  side: number;
  /** Filters of the first layer; the next two have 1.5 and 2 times as many. */
  width: number;
  seed: number;
}

/** A linear head over the features: rows of `weights` are features, columns classes. */
export interface Head {
  classes: number;
  weights: Float32Array;
  bias: Float32Array;
}

const layers = [
  { kernel: 5, stride: 2, share: 1 },
  { kernel: 3, stride: 1, share: 1.5 },
  { kernel: 3, stride: 1, share: 2 },
] as const;

/** Keeps the variance of the activations about level through the layers. */
const gain = 1.4;

/** Number of features of a width. */
export function featureCount({ width }: Pick<FeatureShape, 'width'>): number {
  return layers.reduce((sum, { share }) => sum + Math.round(width * share), 0);
}

/** Images to features, or with a head to logits. The same shape and head give the same graph. */
export function featureGraph(shape: FeatureShape, head?: Head): Graph {
  const builder = new GraphBuilder(head ? 'demo' : 'features');
  const images = builder.input('images', ['batch', 3, shape.side, shape.side]);
  const features = addFeatures(builder, { images, shape });
  const count = featureCount(shape);
  if (head) {
    const weights = builder.weights([count, head.classes], head.weights);
    const bias = builder.weights([head.classes], head.bias);
    const logits = builder.node('Gemm', [features, weights, bias]);
    builder.output('logits', logits, ['batch', head.classes]);
  } else {
    builder.output('features', features, ['batch', count]);
  }
  return builder.graph;
}

/** After every layer the mean activation of each filter over the image is one feature. */
function addFeatures(
  builder: GraphBuilder,
  { images, shape }: { images: string; shape: FeatureShape },
): string {
  const random = createRandom(shape.seed, shape.width, shape.side);
  const pooled: string[] = [];
  let maps = images;
  let channels = 3;
  for (const { kernel, stride, share } of layers) {
    const filters = Math.round(shape.width * share);
    const weights = randomFilters({ filters, size: channels * kernel ** 2, random });
    const bias = Array.from({ length: filters }, () => 0.2 * normal(random));
    const sum = builder.node(
      'Conv',
      [
        maps,
        builder.weights([filters, channels, kernel, kernel], weights),
        builder.weights([filters], bias),
      ],
      {
        kernel_shape: [kernel, kernel],
        strides: [stride, stride],
        pads: Array<number>(4).fill((kernel - 1) / 2),
      },
    );
    const active = builder.node('Relu', [sum]);
    pooled.push(builder.node('Flatten', [builder.node('GlobalAveragePool', [active])]));
    maps = builder.node('AveragePool', [active], { kernel_shape: [2, 2], strides: [2, 2] });
    channels = filters;
  }
  return builder.node('Concat', pooled, { axis: 1 });
}

/** Two of three filters sum to zero and see edges; the others see colour. All have the same length. */
function randomFilters({
  filters,
  size,
  random,
}: {
  filters: number;
  size: number;
  random: Random;
}): Float32Array {
  const weights = new Float32Array(filters * size);
  for (let filter = 0; filter < filters; filter += 1) {
    const drawn = Array.from({ length: size }, () => normal(random));
    const mean = filter % 3 === 0 ? 0 : drawn.reduce((sum, value) => sum + value, 0) / size;
    const centred = drawn.map((value) => value - mean);
    const length = Math.sqrt(centred.reduce((sum, value) => sum + value * value, 0));
    weights.set(
      centred.map((value) => (gain * value) / length),
      filter * size,
    );
  }
  return weights;
}

/** Nearly normal: the sum of twelve uniforms has variance 1. */
function normal(random: Random): number {
  let sum = -6;
  for (let draw = 0; draw < 12; draw += 1) {
    sum += random.next();
  }
  return sum;
}
