/** Makes an ONNX file that computes in fp16 from one of fp32; what comes in and goes out stays float32. */
import { createWriteStream } from 'node:fs';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { BinaryWriter, WireType } from '@bufbuild/protobuf/wire';
import { messageOf, TopfiveError } from '../errors.ts';
import { textIn } from './fields.ts';
import { foldNormalisation } from './fold-normalisation.ts';
import type { HalfLoss } from './half.ts';
import { NodeCaster } from './half-nodes.ts';
import { planHalf, type TypedNode } from './half-plan.ts';
import { WeightMover } from './half-weights.ts';
import { readModelOrOutline } from './outline.ts';
import {
  attributeField,
  type DataType,
  dtypeOf,
  graphField,
  modelField,
  nodeField,
  tensorField,
  valueField,
} from './proto.ts';
import { joined, nested, type RawField, rawFields } from './raw-fields.ts';
import { type Model, type ReadNode, readOnnx } from './read.ts';
import { encodeWeights } from './write.ts';

export interface Conversion extends HalfLoss {
  /** Names of the tensors in which values were clamped. */
  clampedIn: string[];
}

/**
 * The same file gives the same bytes. Weights that lie beside it end up beside the new one, in `<to>.data`,
 * and so do those of a large file.
 * @throws TopfiveError `model` when the graph has an operator without a rule, or no float32 weights
 */
export async function convertToHalf(from: string, to: string): Promise<Conversion> {
  const bytes = await readModelOrOutline(from);
  const model = readOnnx(bytes, from);
  const weights = new WeightMover({ from, to });
  try {
    const parts: Uint8Array[] = [];
    for (const { field, raw, content } of rawFields(bytes)) {
      const graph = field === modelField.graph ? rawFields(content) : null;
      if (graph) parts.push(...nested(field, await rewriteGraph(graph, { model, weights })));
      else if (field === modelField.irVersion) parts.push(versionOf(model));
      else parts.push(raw);
    }
    if (weights.loss.values === 0) throw new Error('has no float32 weights');
    await pipeline(Readable.from(parts), createWriteStream(to));
    return { ...weights.loss, clampedIn: weights.clampedIn };
  } catch (error) {
    if (error instanceof TopfiveError) throw error;
    throw new TopfiveError(
      'model',
      `fp16 cannot be made of ${from}: it ${messageOf(error)}; evaluate it at precision fp32 alone`,
      { cause: error },
    );
  } finally {
    await weights.close();
  }
}

/** Before version 4 of the format weights had to be inputs as well. */
function versionOf({ irVersion }: Model): Uint8Array {
  const writer = new BinaryWriter().tag(modelField.irVersion, WireType.Varint);
  return writer.int64(Math.max(4, irVersion)).finish();
}

async function rewriteGraph(
  graph: RawField[],
  { model, weights }: { model: Model; weights: WeightMover },
): Promise<Uint8Array[]> {
  const { inputs, outputs, initializers } = model.graph;
  const tensors = new Map(
    graph
      .filter(({ field }) => field === graphField.initializer)
      .map(({ content }) => [textIn(content, tensorField.name), content]),
  );
  const folded = await foldNormalisation(model.graph, (name) => weights.read(tensors.get(name)!));
  const contents = graph.filter(({ field }) => field === graphField.node);
  const steps = folded.nodes.flatMap((node, place) =>
    node ? [{ node: typedNode(node), ...contents[place] }] : [],
  );
  const nodes = steps.map(({ node }) => node);
  const plan = planHalf({ inputs, outputs, weights: initializers, nodes });
  const caster = new NodeCaster(plan, new Set(outputs.map(({ name }) => name)));
  const isHalf = (name: string) => plan.widths.get(name) === 'half';
  const parts: Uint8Array[] = [];
  for (const [place, { node, content }] of steps.entries()) {
    const halve = node.isWeight && isHalf(node.outputs[0]);
    const own = halve ? await halveConstant(content, weights) : content;
    parts.push(...caster.rewrite(own, { ...node, takes: plan.takes[place] }));
  }
  for (const [name, content] of tensors) {
    if (folded.dropped.has(name)) continue;
    const bias = folded.biases.get(name);
    const tensor = bias ? encodeWeights({ name, dims: [bias.length], data: bias }) : content;
    const moved = isHalf(name)
      ? await weights.halve(tensor, folded.factors.get(name))
      : await weights.keep(tensor);
    parts.push(...nested(graphField.initializer, moved));
  }
  return [
    ...parts,
    ...graph.filter((field) => isKept(field, { tensors, isHalf })).map(({ raw }) => raw),
  ];
}

/** Neither moved already nor wrong now: values inside may have another type, and weights are no inputs. */
function isKept(
  { field, content }: RawField,
  { tensors, isHalf }: { tensors: Map<string, Uint8Array>; isHalf: (name: string) => boolean },
): boolean {
  switch (field) {
    case graphField.node:
    case graphField.initializer:
      return false;
    case graphField.valueInfo:
      return !isHalf(textIn(content, valueField.name));
    case graphField.input:
      return !tensors.has(textIn(content, valueField.name));
    case graphField.sparseInitializer:
      throw new Error('has sparse weights');
    default:
      return true;
  }
}

function typedNode(node: ReadNode): TypedNode {
  const { value, to } = node.attributes;
  switch (node.op) {
    case 'Cast':
      return { ...node, gives: dtypeOf(Number(to)) };
    case 'Constant':
      return { ...node, gives: constantType(node), isWeight: value !== undefined };
    case 'ConstantOfShape':
      return { ...node, gives: value ? constantType(node) : 'float32' };
    default:
      return node;
  }
}

/** Types of the attributes that hold the result of a constant; that of a tensor stands in it. */
const constantTypes = new Map<string, DataType>([
  ['value_float', 'float32'],
  ['value_floats', 'float32'],
  ['value_int', 'int64'],
  ['value_ints', 'int64'],
  ['value_string', 'string'],
  ['value_strings', 'string'],
]);

function constantType({ attributes }: ReadNode): DataType | undefined {
  const [[name, value]] = Object.entries(attributes);
  return typeof value === 'object' && 'tensor' in value
    ? value.tensor.dtype
    : constantTypes.get(name);
}

/** A Constant with the tensor of its attribute in fp16. */
async function halveConstant(node: Uint8Array, weights: WeightMover): Promise<Uint8Array> {
  const parts: Uint8Array[] = [];
  for (const { field, raw, content } of rawFields(node)) {
    parts.push(
      ...(field === nodeField.attribute
        ? nested(field, await halveTensorOf(content, weights))
        : [raw]),
    );
  }
  return joined(parts);
}

async function halveTensorOf(attribute: Uint8Array, weights: WeightMover): Promise<Uint8Array[]> {
  const parts: Uint8Array[] = [];
  for (const { field, raw, content } of rawFields(attribute)) {
    parts.push(
      ...(field === attributeField.tensor ? nested(field, await weights.halve(content)) : [raw]),
    );
  }
  return parts;
}
