/** Which float32 values of a graph are held in fp16 from now on, by the rules of its operators. */
import { type HalfRule, halfRuleOf } from './half-rules.ts';
import type { DataType } from './proto.ts';

export interface TypedNode {
  op: string;
  /** Empty for the operators of ONNX itself. */
  domain: string;
  inputs: readonly string[];
  outputs: readonly string[];
  /** What a Constant, a ConstantOfShape or a Cast gives, which no input says. */
  gives?: DataType | undefined;
  /** Its result can be rewritten as an initializer can: a Constant with a tensor. */
  isWeight?: boolean;
}

export interface TypedGraph {
  inputs: readonly { name: string; dtype: DataType }[];
  outputs: readonly { name: string }[];
  weights: readonly { name: string; dtype: DataType }[];
  nodes: readonly TypedNode[];
}

export type Width = 'half' | 'float';

export interface HalfPlan {
  /** How each value is held that was float32. */
  widths: ReadonlyMap<string, Width>;
  /** By node and input: how it is taken; null where the node takes whatever comes. */
  takes: readonly (readonly (Width | null)[])[];
}

/** @throws Error, to follow the name of the file, when an operator is not known here */
export function planHalf(graph: TypedGraph): HalfPlan {
  const types = typesOf(graph);
  const constants = constantsOf(graph);
  const widths = new Map<string, Width>();
  const isFloat = (name: string) => types.get(name) === 'float32';
  for (const { name } of [...graph.inputs, ...graph.weights]) {
    if (isFloat(name)) widths.set(name, 'float');
  }
  const takes = graph.nodes.map((node) => {
    const rule = ruleOf(node);
    const moving = node.inputs.filter((name) => !constants.has(name));
    const width = widthOf(
      rule,
      moving.map((name) => widths.get(name)),
    );
    for (const name of node.outputs.filter(isFloat)) widths.set(name, width);
    return node.inputs.map((name, place) => {
      if (!rule || !isFloat(name)) return null;
      return rule.floatInputs.includes(place) ? 'float' : width;
    });
  });
  for (const name of halvedWeights(graph, takes)) {
    if (isFloat(name)) widths.set(name, 'half');
  }
  return { widths, takes };
}

/** Undefined for the operators that give what the file says, whatever comes in. */
function ruleOf({ op, domain, gives }: TypedNode): HalfRule | undefined {
  if (gives !== undefined) return undefined;
  const rule = domain === '' || domain === 'ai.onnx' ? halfRuleOf(op) : undefined;
  if (rule) return rule;
  throw new Error(`has the operator ${domain && `${domain}.`}${op}, for which there is no rule`);
}

function typesOf({ inputs, weights, nodes }: TypedGraph): Map<string, DataType> {
  const types = new Map([...inputs, ...weights].map(({ name, dtype }) => [name, dtype]));
  for (const node of nodes) {
    const outputs = ruleOf(node)?.outputs ?? [];
    for (const [place, name] of node.outputs.entries()) {
      if (name === '') continue;
      const type = outputs[Math.min(place, outputs.length - 1)] ?? node.gives;
      const from = ['first', 'second', 'third'].indexOf(type);
      types.set(name, from < 0 ? (type as DataType) : typeOfInput(node, { from, types }));
    }
  }
  return types;
}

function typeOfInput(
  { op, inputs }: TypedNode,
  { from, types }: { from: number; types: Map<string, DataType> },
): DataType {
  const type = types.get(inputs[from] ?? '');
  if (type) return type;
  throw new Error(`has a ${op} whose input ${from} "${inputs[from] ?? ''}" nothing gives`);
}

/** Weights, and what is made of nothing else. */
function constantsOf({ weights, nodes }: TypedGraph): Set<string> {
  const constants = new Set(['', ...weights.map(({ name }) => name)]);
  for (const { op, inputs, outputs } of nodes) {
    if (op !== 'ConstantOfShape' && !inputs.every((name) => constants.has(name))) continue;
    for (const name of outputs) constants.add(name);
  }
  return constants;
}

function widthOf(rule: HalfRule | undefined, moving: (Width | undefined)[]): Width {
  if (rule?.arithmetic !== 'follow') return rule?.arithmetic ?? 'float';
  return moving.includes('float') ? 'float' : 'half';
}

/** The weights that nothing takes in fp32; those that nothing takes at all stay as they are. */
function halvedWeights({ weights, outputs, nodes }: TypedGraph, takes: HalfPlan['takes']) {
  const taken = new Map<string, Set<Width>>();
  for (const [index, { inputs }] of nodes.entries()) {
    for (const [place, name] of inputs.entries()) {
      const width = takes[index][place];
      if (width) taken.set(name, (taken.get(name) ?? new Set()).add(width));
    }
  }
  const results = new Set(outputs.map(({ name }) => name));
  return [...weights, ...nodes.filter(({ isWeight }) => isWeight).map(nameOfResult)]
    .map(({ name }) => name)
    .filter((name) => taken.get(name)?.has('half') && !taken.get(name)?.has('float'))
    .filter((name) => !results.has(name));
}

const nameOfResult = ({ outputs: [name] }: TypedNode) => ({ name });
