/** A real ONNX classifier of a few KB: each class is a colour, and the nearest colour to the image's mean wins. */
import { writeFile } from 'node:fs/promises';
import { GraphBuilder } from '../../src/onnx/graph.ts';
import type { DataType } from '../../src/onnx/proto.ts';
import { writeOnnx } from '../../src/onnx/write.ts';

export interface TinyModel {
  side: number;
  classes: number;
  /** Default nchw. */
  layout?: 'nchw' | 'nhwc';
  /** A number fixes the batch; default open. */
  batch?: number | string;
  /** Default 3. */
  channels?: number;
  /** Type of the input; default float32. */
  dtype?: DataType;
  /** Puts a background class, which never wins, in front of the others: classes + 1 outputs. */
  background?: boolean;
  /** Classes that never win. */
  silent?: readonly number[];
  /** How colours meet weights: float16, or int8 between QuantizeLinear and DequantizeLinear; default float32. */
  arithmetic?: 'float16' | 'int8';
  /** All logits of an image are NaN when its mean red (after mean and std) is below this. */
  nanBelow?: number;
  /** Adds normal noise of this deviation to every logit, other noise in every session. */
  noise?: number;
  /** Logits of shape [batch, classes, 1, 1]. */
  pooled?: boolean;
  /** Ends in a softmax: its outputs are probabilities. */
  softmax?: boolean;
  /** Adds a second output of the same shape. */
  twoHeads?: boolean;
  /** Adds an input that nothing reads but that has to be given. */
  twoInputs?: boolean;
}

export async function writeTinyModel(path: string, options: TinyModel): Promise<void> {
  await writeFile(path, tinyModel(options));
}

/** The same options give the same bytes. */
export function tinyModel(options: TinyModel): Uint8Array {
  const { side, classes, layout = 'nchw', batch = 'batch', channels = 3 } = options;
  const { dtype = 'float32', background = false } = options;
  const builder = new GraphBuilder('tiny');
  const dims = layout === 'nchw' ? [batch, channels, side, side] : [batch, side, side, channels];
  let images = builder.input('images', dims, dtype);
  if (dtype !== 'float32') {
    images = builder.node('Cast', [images], { to: 1 });
  }
  if (layout === 'nhwc') {
    images = builder.node('Transpose', [images], { perm: [0, 3, 1, 2] });
  }
  const colour = builder.node('Flatten', [builder.node('GlobalAveragePool', [images])]);
  const first = background ? 1 : 0;
  const silent = [...(background ? [0] : []), ...(options.silent ?? []).map((one) => one + first)];
  const outputs = classes + first;
  const head = { classes, background, silent };
  let logits = addHead(builder, {
    colour,
    weights: builder.weights([channels, outputs], weightsOf(channels, head)),
    bias: builder.weights([outputs], biasOf(channels, head)),
    arithmetic: options.arithmetic,
  });
  if (options.nanBelow !== undefined) {
    logits = addNan(builder, { colour, logits, below: options.nanBelow });
  }
  if (options.noise !== undefined) {
    const drawn = builder.node('RandomNormalLike', [logits]);
    const scaled = builder.node('Mul', [drawn, builder.weights([1], [options.noise])]);
    logits = builder.node('Add', [logits, scaled]);
  }
  if (options.softmax) {
    logits = builder.node('Softmax', [logits], { axis: -1 });
  }
  if (options.pooled) {
    logits = builder.node('Reshape', [logits, builder.integers([0, outputs, 1, 1])]);
  }
  if (options.twoInputs) {
    builder.input('scale', [1]);
    logits = builder.node('Mul', [logits, 'scale']);
  }
  const shape = options.pooled ? [batch, outputs, 1, 1] : [batch, outputs];
  builder.output('logits', logits, shape);
  if (options.twoHeads) {
    builder.output('auxiliary', logits, shape);
  }
  return writeOnnx(builder.graph);
}

const onnxTypes = { float32: 1, int8: 3, float16: 10 };

function addHead(
  builder: GraphBuilder,
  {
    colour,
    weights,
    bias,
    arithmetic,
  }: { colour: string; weights: string; bias: string; arithmetic: TinyModel['arithmetic'] },
): string {
  if (arithmetic === 'float16') {
    const half = [colour, weights, bias].map((part) =>
      builder.node('Cast', [part], { to: onnxTypes.float16 }),
    );
    return builder.node('Cast', [builder.node('Gemm', half)], { to: onnxTypes.float32 });
  }
  return arithmetic === 'int8'
    ? builder.node('Gemm', [quantised(builder, colour), quantised(builder, weights), bias])
    : builder.node('Gemm', [colour, weights, bias]);
}

/** To int8 and back, over the range of the colours. */
function quantised(builder: GraphBuilder, values: string): string {
  const scale = builder.weights([], [2 / 127]);
  const zero = builder.node('Cast', [builder.weights([], [0])], { to: onnxTypes.int8 });
  const whole = builder.node('QuantizeLinear', [values, scale, zero]);
  return builder.node('DequantizeLinear', [whole, scale, zero]);
}

/** Adds 0 × √(red - below), which is NaN where red is smaller. */
function addNan(
  builder: GraphBuilder,
  { colour, logits, below }: { colour: string; logits: string; below: number },
): string {
  const red = builder.node('Gather', [colour, builder.integers([0])], { axis: 1 });
  const root = builder.node('Sqrt', [builder.node('Sub', [red, builder.weights([1], [below])])]);
  return builder.node('Add', [logits, builder.node('Mul', [root, builder.weights([1], [0])])]);
}

/** Colour of a class, in units of the normalised image: -2 to 2, spread by irrational steps. */
export function tinyColour(index: number, channels = 3): number[] {
  return [Math.SQRT2, Math.sqrt(3), Math.sqrt(5)]
    .slice(0, channels)
    .map((step) => (((index + 1) * step) % 1) * 4 - 2);
}

interface Head {
  classes: number;
  background: boolean;
  /** Outputs that never win. */
  silent: readonly number[];
}

function coloursOf(channels: number, { classes, background }: Head): number[][] {
  const colours = Array.from({ length: classes }, (_, index) => tinyColour(index, channels));
  return background ? [Array<number>(channels).fill(0), ...colours] : colours;
}

function weightsOf(channels: number, head: Head): number[] {
  const colours = coloursOf(channels, head);
  return Array.from({ length: channels }, (_, channel) =>
    colours.map((colour) => colour[channel]),
  ).flat();
}

/** With -½|colour|² the highest logit is the nearest colour. */
function biasOf(channels: number, head: Head): number[] {
  return coloursOf(channels, head).map((colour, output) =>
    head.silent.includes(output)
      ? -1000
      : -0.5 * colour.reduce((sum, value) => sum + value * value, 0),
  );
}
