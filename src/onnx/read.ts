/** Reads an ONNX file strictly: what is truncated, mistyped or hostile is refused in one sentence. */
import { messageOf, TopfiveError } from '../errors.ts';
import { int, message, readMessage, text } from './fields.ts';
import type { Value } from './graph.ts';
import { graphField, modelField, nodeField, opsetField } from './proto.ts';
import { type ReadAttribute, readAttribute } from './read-attribute.ts';
import { type Initializer, readTensor } from './read-tensor.ts';
import { readValue } from './read-value.ts';

export interface ReadNode {
  op: string;
  name: string;
  /** Empty for the operators of ONNX itself. */
  domain: string;
  inputs: string[];
  outputs: string[];
  attributes: Record<string, ReadAttribute>;
}

export interface Model {
  irVersion: number;
  producer: string;
  /** Version of the operator set of ONNX itself. */
  opset: number;
  /** Versions of other operator sets, by domain. */
  domains: Record<string, number>;
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
    throw malformed(path, error);
  }
}

export function malformed(path: string, cause: unknown): TopfiveError {
  return new TopfiveError(
    'model',
    `${path} is not a well-formed ONNX file: ${messageOf(cause)}; export or download it again.`,
    { cause },
  );
}

function readModel(bytes: Uint8Array): Model {
  const model: Omit<Model, 'graph'> = { irVersion: 0, producer: '', opset: 0, domains: {} };
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
      const { domain, version } = readOpset(value);
      if (domain === '' || domain === 'ai.onnx') model.opset = version;
      else model.domains[domain] = version;
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
  const attributes: [string, ReadAttribute][] = [];
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
