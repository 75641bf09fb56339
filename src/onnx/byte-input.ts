/** Normalisation inside the graph: a model that takes the bytes of crops where it took float32 values. */
import { BinaryWriter, WireType } from '@bufbuild/protobuf/wire';
import { int, message, readMessage, textIn } from './fields.ts';
import type { Node, Value, Weights } from './graph.ts';
import {
  codeOf,
  graphField,
  modelField,
  opsetField,
  shapeField,
  tensorField,
  tensorTypeField,
  typeField,
  valueField,
} from './proto.ts';
import { joined, nested, type RawField, rawFields } from './raw-fields.ts';
import { readValue } from './read-value.ts';
import { encodeNode, encodeWeights } from './write.ts';

/** How the bytes of a crop become the values that the model takes: `(byte * scale - mean) / std`, in float32. */
export interface Normalisation {
  /** Of the model's own input; crops are height × width × 3. */
  layout: 'nchw' | 'nhwc';
  /** Of the model; crops are RGB. */
  channelOrder: 'rgb' | 'bgr';
  scale: number;
  /** Per channel in the model's order, after scaling. */
  mean: readonly number[];
  std: readonly number[];
}

/** Initializers need not be inputs from version 4 of the format on; Mul, Sub and Div broadcast from operator set 7 on. */
const oldest = { irVersion: 4, opset: 7 };

/** Why a model cannot be given such an input, to follow its name; null when it can. */
export function obstacleToByteInput(model: Uint8Array): string | null {
  try {
    const { irVersion, opset } = dissect(model);
    return irVersion >= oldest.irVersion && opset >= oldest.opset
      ? null
      : `has version ${irVersion} of the format and operator set ${opset}, and ${oldest.irVersion} and ${oldest.opset} are needed`;
  } catch {
    return 'is not an ONNX file with one input of images';
  }
}

export interface ByteModel {
  /** An ONNX file whose input is uint8, rows × height × width × 3; whatever else the model has is copied. */
  bytes: Uint8Array;
  /** The input as the model itself declares it. */
  input: Value;
}

/** @param model an ONNX file without an obstacle; where its external data lies is copied as it stands */
export function withByteInput(model: Uint8Array, normalisation: Normalisation): ByteModel {
  const { fields, graph, images } = dissect(model);
  const input = readValue(images.content);
  const steps = stepsTo(input.name, normalisation);
  const changed = [
    ...steps.nodes.flatMap((node) => nested(graphField.node, [encodeNode(node)])),
    ...graph.flatMap((each) =>
      each === images
        ? nested(graphField.input, byteInput(images.content, normalisation))
        : [each.raw],
    ),
    ...steps.weights.flatMap((each) => nested(graphField.initializer, [encodeWeights(each)])),
  ];
  const parts = fields.flatMap(({ field, raw }) =>
    field === modelField.graph ? nested(field, changed) : [raw],
  );
  return { bytes: joined(parts), input };
}

interface Dissected {
  irVersion: number;
  /** Of ONNX's own operators. */
  opset: number;
  fields: RawField[];
  graph: RawField[];
  /** The one input that is no initializer. */
  images: RawField;
}

function dissect(model: Uint8Array): Dissected {
  const fields = rawFields(model);
  const version = { irVersion: 0, opset: 0 };
  readMessage(model, {
    [modelField.irVersion]: int((value) => {
      version.irVersion = value;
    }),
    [modelField.opsetImport]: message((value) => {
      if (['', 'ai.onnx'].includes(textIn(value, opsetField.domain))) {
        readMessage(value, {
          [opsetField.version]: int((opset) => {
            version.opset = opset;
          }),
        });
      }
    }),
  });
  const graphs = fields.filter(({ field }) => field === modelField.graph);
  const graph = graphs.flatMap(({ content }) => rawFields(content));
  const of = (wanted: number) => graph.filter(({ field }) => field === wanted);
  const weights = new Set(
    of(graphField.initializer).map(({ content }) => textIn(content, tensorField.name)),
  );
  const inputs = of(graphField.input).filter(
    ({ content }) => !weights.has(textIn(content, valueField.name)),
  );
  if (graphs.length !== 1 || inputs.length !== 1) {
    throw new Error(`there are ${graphs.length} graphs with ${inputs.length} inputs`);
  }
  return { ...version, fields, graph, images: inputs[0] };
}

/** What is added to a graph has a name that begins like this, and no exporter's does. */
const own = (name: string) => `topfive.normalise.${name}`;
const byteName = own('bytes');

interface Step {
  op: string;
  operand?: Weights;
  attributes?: Node['attributes'];
}

/** From bytes to `target`. Every step rounds to float32 as the host does; bytes are transposed, being the least to move. */
function stepsTo(
  target: string,
  normalisation: Normalisation,
): { nodes: Node[]; weights: Weights[] } {
  const steps = stepsOf(normalisation);
  const results = steps.map((_, place) =>
    place < steps.length - 1 ? own(`step${place}`) : target,
  );
  const nodes = steps.map(({ op, operand, attributes = {} }, place) => ({
    op,
    inputs: [results[place - 1] ?? byteName, ...(operand ? [operand.name] : [])],
    outputs: [results[place]],
    attributes,
  }));
  return { nodes, weights: steps.flatMap(({ operand }) => operand ?? []) };
}

function stepsOf({ layout, channelOrder, scale, mean, std }: Normalisation): Step[] {
  const planar = layout === 'nchw';
  const perChannel = planar ? [3, 1, 1] : [3];
  const floats = (name: string, dims: number[], values: readonly number[]): Weights => ({
    name: own(name),
    dims,
    data: Float32Array.from(values),
  });
  const reversed = { name: own('order'), dims: [3], data: BigInt64Array.of(2n, 1n, 0n) };
  return [
    ...(planar ? [{ op: 'Transpose', attributes: { perm: [0, 3, 1, 2] } }] : []),
    ...(channelOrder === 'bgr'
      ? [{ op: 'Gather', operand: reversed, attributes: { axis: planar ? 1 : 3 } }]
      : []),
    { op: 'Cast', attributes: { to: codeOf('float32') } },
    { op: 'Mul', operand: floats('scale', [], [scale]) },
    { op: 'Sub', operand: floats('mean', perChannel, mean) },
    { op: 'Div', operand: floats('std', perChannel, std) },
  ];
}

/** The content of a ValueInfoProto of bytes, with the dimensions of the model's own input in the order of crops. */
function byteInput(images: Uint8Array, { layout }: Normalisation): Uint8Array[] {
  const dims = dimensionsOf(images);
  const order = layout === 'nchw' ? [0, 2, 3, 1] : [0, 1, 2, 3];
  const shape = nested(
    tensorTypeField.shape,
    order.map((axis) => dims[axis]),
  );
  const name = new BinaryWriter().tag(valueField.name, WireType.LengthDelimited).string(byteName);
  const type = new BinaryWriter().tag(tensorTypeField.elementType, WireType.Varint);
  const tensor = nested(typeField.tensor, [type.int64(codeOf('uint8')).finish(), ...shape]);
  return [name.finish(), ...nested(valueField.type, tensor)];
}

/** The dimensions of a tensor's ValueInfoProto, as they stand. */
function dimensionsOf(value: Uint8Array): Uint8Array[] {
  const inside = (bytes: Uint8Array, wanted: number) =>
    rawFields(bytes).filter(({ field }) => field === wanted);
  return inside(value, valueField.type)
    .flatMap(({ content }) => inside(content, typeField.tensor))
    .flatMap(({ content }) => inside(content, tensorTypeField.shape))
    .flatMap(({ content }) => inside(content, shapeField.dimension))
    .map(({ raw }) => raw);
}
