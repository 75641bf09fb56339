/** All operators that are known, by domain and name. */
import { TopfiveError } from '../../errors.ts';
import type { ShapedGraph, ShapedNode } from '../shaped-graph.ts';
import { constants } from './constants.ts';
import { convolution } from './convolution.ts';
import { elementwise } from './elementwise.ts';
import { extent } from './extent.ts';
import { layout } from './layout.ts';
import { microsoft } from './microsoft.ts';
import { normalisation } from './normalisation.ts';
import type { Operator, Operators } from './operator.ts';
import { product } from './product.ts';
import { quantised } from './quantised.ts';
import { reduction } from './reduction.ts';
import { selection } from './selection.ts';

const standard: Operators = {
  ...constants,
  ...convolution,
  ...elementwise,
  ...extent,
  ...layout,
  ...normalisation,
  ...product,
  ...quantised,
  ...reduction,
  ...selection,
};

const domains: Readonly<Record<string, Operators>> = {
  '': standard,
  'ai.onnx': standard,
  'com.microsoft': microsoft,
};

function find({ op, domain = '' }: ShapedNode): Operator | undefined {
  const table = Object.hasOwn(domains, domain) ? domains[domain] : undefined;
  return table && Object.hasOwn(table, op) ? table[op] : undefined;
}

/** With its domain where that is not ONNX's own: `com.microsoft.Gelu`. */
export const titleOf = ({ op, domain = '' }: ShapedNode) => (domain ? `${domain}.${op}` : op);

/** Titles of all operators that are known. */
export const operatorTitles: readonly string[] = [
  ...Object.keys(standard),
  ...Object.keys(microsoft).map((op) => `com.microsoft.${op}`),
];

/** Titles of the operators whose shape and cost are not known here, each once. */
export function unknownOperators({ nodes }: Pick<ShapedGraph, 'nodes'>): string[] {
  return [...new Set(nodes.filter((node) => !find(node)).map(titleOf))];
}

/** @throws TopfiveError `model`, for an operator that is not known */
export function operatorOf(node: ShapedNode): Operator {
  const operator = find(node);
  if (operator) return operator;
  throw new TopfiveError(
    'model',
    `the graph has the operator ${titleOf(node)}, whose cost is not known here: export the model without it`,
  );
}
