/** Writes a graph as an ONNX file: one protobuf message, the same bytes for the same graph. */
import { BinaryWriter, WireType } from '@bufbuild/protobuf/wire';
import type { Attribute, Graph, Node, Value, Weights } from './graph.ts';
import {
  attributeField,
  attributeType,
  codeOf,
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

/** Version 8 of the format and operator set 17 are read by every ONNX Runtime since 1.12. */
const irVersion = 8;
const opset = 17;

/** @returns the bytes of an ONNX ModelProto; weights are inside. */
export function writeOnnx(graph: Graph): Uint8Array {
  const writer = new BinaryWriter();
  int(writer, modelField.irVersion, irVersion);
  text(writer, modelField.producerName, 'topfive');
  message(writer, modelField.graph, () => writeGraph(writer, graph));
  message(writer, modelField.opsetImport, () => int(writer, opsetField.version, opset));
  return writer.finish();
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

function writeGraph(writer: BinaryWriter, { name, nodes, weights, inputs, outputs }: Graph): void {
  for (const node of nodes) {
    message(writer, graphField.node, () => writeNode(writer, node));
  }
  text(writer, graphField.name, name);
  for (const tensor of weights) {
    message(writer, graphField.initializer, () => writeWeights(writer, tensor));
  }
  for (const value of inputs) {
    message(writer, graphField.input, () => writeValue(writer, value));
  }
  for (const value of outputs) {
    message(writer, graphField.output, () => writeValue(writer, value));
  }
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
  ints(writer, tensorField.dims, dims);
  int(writer, tensorField.dataType, codeOf(data instanceof Float32Array ? 'float32' : 'int64'));
  text(writer, tensorField.name, name);
  writer
    .tag(tensorField.rawData, WireType.LengthDelimited)
    .bytes(new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
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
