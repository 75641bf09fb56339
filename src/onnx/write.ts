/** Writes a graph as an ONNX file: one protobuf message, the same bytes for the same graph. */
import { BinaryWriter, WireType } from '@bufbuild/protobuf/wire';
import type { Attribute, Graph, Node, Value, Weights } from './graph.ts';
import {
  attributeField,
  attributeType,
  codeOf,
  type DataType,
  dimensionField,
  graphField,
  modelField,
  nodeField,
  opsetField,
  shapeField,
  tensorField,
  tensorTypeField,
  typeField,
  valueField,
} from './proto.ts';
import { fieldHead, joined, nested } from './raw-fields.ts';

/** Version 8 of the format and operator set 17 are read by every ONNX Runtime since 1.12. */
const irVersion = 8;
const opset = 17;

/** @returns the bytes of an ONNX ModelProto; weights are inside. */
export function writeOnnx({ weights, ...graph }: Graph): Uint8Array {
  const fields = weights.flatMap((each) => nested(graphField.initializer, [encodeWeights(each)]));
  const length = fields.reduce((sum, part) => sum + part.length, 0);
  const { head, tail } = frameOnnx(graph, length);
  return joined([head, ...fields, tail]);
}

/** What stands before and after the fields of the weights in the file of a graph; `length` is that of all of them. */
export function frameOnnx(
  graph: Omit<Graph, 'weights'>,
  length: number,
): { head: Uint8Array; tail: Uint8Array } {
  const before = encodeBeforeWeights(graph);
  const after = encodeAfterWeights(graph);
  const start = new BinaryWriter();
  int(start, modelField.irVersion, irVersion);
  text(start, modelField.producerName, 'topfive');
  const opening = fieldHead(modelField.graph, before.length + length + after.length);
  const end = new BinaryWriter();
  message(end, modelField.opsetImport, () => int(end, opsetField.version, opset));
  return {
    head: joined([start.finish(), opening, before]),
    tail: joined([after, end.finish()]),
  };
}

/** The content of a NodeProto. */
export function encodeNode(node: Node): Uint8Array {
  const writer = new BinaryWriter();
  writeNode(writer, node);
  return writer.finish();
}

/** The content of a TensorProto. */
export function encodeWeights(weights: Weights): Uint8Array {
  const writer = new BinaryWriter();
  writeWeights(writer, weights);
  return writer.finish();
}

function encodeBeforeWeights({ name, nodes }: Pick<Graph, 'name' | 'nodes'>): Uint8Array {
  const writer = new BinaryWriter();
  for (const node of nodes) {
    message(writer, graphField.node, () => writeNode(writer, node));
  }
  text(writer, graphField.name, name);
  return writer.finish();
}

function encodeAfterWeights({ inputs, outputs }: Pick<Graph, 'inputs' | 'outputs'>): Uint8Array {
  const writer = new BinaryWriter();
  for (const value of inputs) {
    message(writer, graphField.input, () => writeValue(writer, value));
  }
  for (const value of outputs) {
    message(writer, graphField.output, () => writeValue(writer, value));
  }
  return writer.finish();
}

function writeNode(writer: BinaryWriter, { op, inputs, outputs, attributes }: Node): void {
  for (const name of inputs) {
    text(writer, nodeField.input, name);
  }
  for (const name of outputs) {
    text(writer, nodeField.output, name);
  }
  text(writer, nodeField.opType, op);
  for (const [name, value] of Object.entries(attributes)) {
    message(writer, nodeField.attribute, () => {
      text(writer, attributeField.name, name);
      writeAttribute(writer, value);
    });
  }
}

function writeAttribute(writer: BinaryWriter, value: Attribute): void {
  if (typeof value === 'number') {
    int(writer, attributeField.int, value);
    int(writer, attributeField.type, attributeType.int);
  } else if (typeof value === 'string') {
    text(writer, attributeField.text, value);
    int(writer, attributeField.type, attributeType.text);
  } else if (Array.isArray(value)) {
    ints(writer, attributeField.ints, value);
    int(writer, attributeField.type, attributeType.ints);
  } else if ('float' in value) {
    writer.tag(attributeField.float, WireType.Bit32).float(value.float);
    int(writer, attributeField.type, attributeType.float);
  } else {
    message(writer, attributeField.floats, () => {
      for (const item of value.floats) {
        writer.float(item);
      }
    });
    int(writer, attributeField.type, attributeType.floats);
  }
}

function writeWeights(writer: BinaryWriter, { name, dims, data }: Weights): void {
  const dtype = data instanceof Float32Array ? 'float32' : 'int64';
  writeTensorType(writer, { name, dims, dtype });
  writer
    .tag(tensorField.rawData, WireType.LengthDelimited)
    .bytes(new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
}

interface TensorType {
  name: string;
  dims: readonly number[];
  dtype: DataType;
}

function writeTensorType(writer: BinaryWriter, { name, dims, dtype }: TensorType): void {
  ints(writer, tensorField.dims, dims);
  int(writer, tensorField.dataType, codeOf(dtype));
  text(writer, tensorField.name, name);
}

/** The fields of a TensorProto that say what it is; its values follow. */
export function encodeTensorType(tensor: TensorType): Uint8Array {
  const writer = new BinaryWriter();
  writeTensorType(writer, tensor);
  return writer.finish();
}

function writeValue(writer: BinaryWriter, { name, dtype, dims }: Value): void {
  text(writer, valueField.name, name);
  message(writer, valueField.type, () =>
    message(writer, typeField.tensor, () => {
      int(writer, tensorTypeField.elementType, codeOf(dtype));
      message(writer, tensorTypeField.shape, () => {
        for (const dim of dims) {
          message(writer, shapeField.dimension, () =>
            typeof dim === 'number'
              ? int(writer, dimensionField.value, dim)
              : text(writer, dimensionField.parameter, dim),
          );
        }
      });
    }),
  );
}

function int(writer: BinaryWriter, field: number, value: number): void {
  writer.tag(field, WireType.Varint).int64(value);
}

function ints(writer: BinaryWriter, field: number, values: readonly number[]): void {
  message(writer, field, () => {
    for (const value of values) {
      writer.int64(value);
    }
  });
}

function text(writer: BinaryWriter, field: number, value: string): void {
  writer.tag(field, WireType.LengthDelimited).string(value);
}

function message(writer: BinaryWriter, field: number, write: () => void): void {
  writer.tag(field, WireType.LengthDelimited).fork();
  write();
  writer.join();
}
