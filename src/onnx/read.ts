/** Reads an ONNX file strictly: what is truncated, mistyped or hostile is refused in one sentence. */
import { WireType } from '@bufbuild/protobuf/wire';
import { messageOf, TopfiveError } from '../errors.ts';
import { demand, int, list, message, readInt, readMessage, saturated, text } from './fields.ts';
import type { Attribute, Value } from './graph.ts';
import {
  attributeField,
  attributeType,
  type DataType,
  dimensionField,
  dtypeOf,
  externalLocation,
  graphField,
  modelField,
  nodeField,
  opsetField,
  shapeField,
  sizeOf,
  tensorField,
  tensorTypeField,
  typeField,
  valueField,
} from './proto.ts';

interface ReadNode {
  op: string;
  name: string;
  /** Empty for the operators of ONNX itself. */
  domain: string;
  inputs: string[];
  outputs: string[];
  /** `unread` is the AttributeType of a kind that is not read: a tensor, a graph, a list of texts. */
  attributes: Record<string, Attribute | { unread: number }>;
}

interface Initializer {
  name: string;
  dtype: DataType;
  dims: number[];
  /** Little-endian elements; null when they lie in another file or in a field that is not read. */
  data: Uint8Array | null;
}

export interface Model {
  irVersion: number;
  producer: string;
  /** Version of the operator set of ONNX itself. */
  opset: number;
  graph: {
    name: string;
    inputs: Value[];
    outputs: Value[];
    initializers: Initializer[];
    nodes: ReadNode[];
  };
}

/** @throws TopfiveError `model`, naming `path`, when the bytes are no well-formed ONNX file. */
export function readOnnx(bytes: Uint8Array, path: string): Model {
  try {
    return readModel(bytes);
  } catch (error) {
    throw new TopfiveError(
      'model',
      `${path} is not a well-formed ONNX file: ${messageOf(error)}; export or download it again.`,
      { cause: error },
    );
  }
}

function readModel(bytes: Uint8Array): Model {
  const model = { irVersion: 0, producer: '', opset: 0 };
  const graphs: Model['graph'][] = [];
  readMessage(bytes, {
    [modelField.irVersion]: int((value) => {
      model.irVersion = value;
    }),
    [modelField.producerName]: text((value) => {
      model.producer = value;
    }),
    [modelField.graph]: message((value) => graphs.push(readGraph(value))),
    [modelField.opsetImport]: message((value) => {
      const opset = readOpset(value);
      if (opset.domain === '' || opset.domain === 'ai.onnx') {
        model.opset = opset.version;
      }
    }),
  });
  if (model.irVersion < 1 || graphs.length !== 1) {
    throw new Error(
      `it must have a version and one graph, but has version ${model.irVersion} and ${graphs.length} graphs`,
    );
  }
  return { ...model, graph: graphs[0] };
}

function readOpset(bytes: Uint8Array): { domain: string; version: number } {
  const opset = { domain: '', version: 0 };
  readMessage(bytes, {
    [opsetField.domain]: text((value) => {
      opset.domain = value;
    }),
    [opsetField.version]: int((value) => {
      opset.version = value;
    }),
  });
  return opset;
}

function readGraph(bytes: Uint8Array): Model['graph'] {
  const graph: Model['graph'] = { name: '', inputs: [], outputs: [], initializers: [], nodes: [] };
  readMessage(bytes, {
    [graphField.name]: text((value) => {
      graph.name = value;
    }),
    [graphField.node]: message((value) => graph.nodes.push(readNode(value))),
    [graphField.initializer]: message((value) => graph.initializers.push(readTensor(value))),
    [graphField.input]: message((value) => graph.inputs.push(readValue(value))),
    [graphField.output]: message((value) => graph.outputs.push(readValue(value))),
  });
  return graph;
}

function readNode(bytes: Uint8Array): ReadNode {
  const node = { op: '', name: '', domain: '' };
  const inputs: string[] = [];
  const outputs: string[] = [];
  const attributes: [string, Attribute | { unread: number }][] = [];
  readMessage(bytes, {
    [nodeField.input]: text((value) => inputs.push(value)),
    [nodeField.output]: text((value) => outputs.push(value)),
    [nodeField.name]: text((value) => {
      node.name = value;
    }),
    [nodeField.opType]: text((value) => {
      node.op = value;
    }),
    [nodeField.domain]: text((value) => {
      node.domain = value;
    }),
    [nodeField.attribute]: message((value) => attributes.push(readAttribute(value))),
  });
  return { ...node, inputs, outputs, attributes: Object.fromEntries(attributes) };
}

function readAttribute(bytes: Uint8Array): [string, Attribute | { unread: number }] {
  let name = '';
  let type = 0;
  let single = 0;
  let whole = 0;
  let characters = '';
  const integers: number[] = [];
  const floats: number[] = [];
  readMessage(bytes, {
    [attributeField.name]: text((value) => {
      name = value;
    }),
    [attributeField.type]: int((value) => {
      type = value;
    }),
    [attributeField.float]: (reader, wire) => {
      demand(wire, WireType.Bit32);
      single = reader.float();
    },
    [attributeField.int]: (reader, wire) => {
      demand(wire, WireType.Varint);
      whole = saturated(reader);
    },
    [attributeField.text]: text((value) => {
      characters = value;
    }),
    [attributeField.ints]: list(WireType.Varint, (reader) => integers.push(saturated(reader))),
    [attributeField.floats]: list(WireType.Bit32, (reader) => floats.push(reader.float())),
  });
  switch (type) {
    case attributeType.float:
      return [name, { float: single }];
    case attributeType.int:
      return [name, whole];
    case attributeType.text:
      return [name, characters];
    case attributeType.ints:
      return [name, integers];
    case attributeType.floats:
      return [name, { floats }];
    default:
      return [name, { unread: type }];
  }
}

function readTensor(bytes: Uint8Array): Initializer {
  let name = '';
  let code = 0;
  let location = 0;
  let raw: Uint8Array | null = null;
  const dims: number[] = [];
  const floats: number[] = [];
  const integers: bigint[] = [];
  readMessage(bytes, {
    [tensorField.name]: text((value) => {
      name = value;
    }),
    [tensorField.dataType]: int((value) => {
      code = value;
    }),
    [tensorField.dataLocation]: int((value) => {
      location = value;
    }),
    [tensorField.dims]: list(WireType.Varint, (reader) => dims.push(readInt(reader))),
    [tensorField.rawData]: message((value) => {
      raw = value;
    }),
    [tensorField.floatData]: list(WireType.Bit32, (reader) => floats.push(reader.float())),
    [tensorField.int64Data]: list(WireType.Varint, (reader) =>
      integers.push(BigInt(reader.int64())),
    ),
  });
  const dtype = elementType(code, name);
  const elements = dims.reduce((product, dim) => product * dim, 1);
  if (dims.some((dim) => dim < 0) || !Number.isSafeInteger(elements)) {
    throw new Error(`weights "${name}" have the impossible shape [${dims.join(', ')}]`);
  }
  const data =
    location === externalLocation ? null : (raw ?? typedData(dtype, { floats, integers }));
  if (data && sizeOf(dtype) > 0 && data.length !== elements * sizeOf(dtype)) {
    throw new Error(
      `weights "${name}" ${dtype} [${dims.join(', ')}] need ${elements * sizeOf(dtype)} bytes, but ${data.length} are there`,
    );
  }
  return { name, dtype, dims, data };
}

/** Elements kept in a field of their type; null for the types whose field is not read. */
function typedData(
  dtype: DataType,
  { floats, integers }: { floats: number[]; integers: bigint[] },
): Uint8Array | null {
  if (dtype === 'float32') {
    return new Uint8Array(Float32Array.from(floats).buffer);
  }
  return dtype === 'int64' ? new Uint8Array(BigInt64Array.from(integers).buffer) : null;
}

/** @param bytes the content of a ValueInfoProto of a tensor */
export function readValue(bytes: Uint8Array): Value {
  let name = '';
  let code = 0;
  const dims: (number | string)[] = [];
  const shape = message((value) =>
    readMessage(value, {
      [shapeField.dimension]: message((dimension) => dims.push(readDimension(dimension))),
    }),
  );
  const tensor = message((value) =>
    readMessage(value, {
      [tensorTypeField.elementType]: int((type) => {
        code = type;
      }),
      [tensorTypeField.shape]: shape,
    }),
  );
  readMessage(bytes, {
    [valueField.name]: text((value) => {
      name = value;
    }),
    [valueField.type]: message((value) => readMessage(value, { [typeField.tensor]: tensor })),
  });
  return { name, dtype: elementType(code, name), dims };
}

/** A dimension with neither value nor name is open: ''. */
function readDimension(bytes: Uint8Array): number | string {
  let dimension: number | string = '';
  readMessage(bytes, {
    [dimensionField.value]: int((value) => {
      dimension = value;
    }),
    [dimensionField.parameter]: text((value) => {
      dimension = value;
    }),
  });
  return dimension;
}

function elementType(code: number, name: string): DataType {
  const dtype = dtypeOf(code);
  if (!dtype) {
    throw new Error(`"${name}" has the unknown element type ${code}`);
  }
  return dtype;
}
