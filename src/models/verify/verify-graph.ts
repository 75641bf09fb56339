/** The graph of an artifact against that of its card: what multiplies, in which shapes, and what it costs. */
import { type Cost, costOf, type NodeCost } from '../../onnx/cost.ts';
import { costOfImage, type GraphFile } from '../../onnx/graph-file.ts';
import { inputName } from '../architectures/network.ts';
import { networkOf } from '../build.ts';
import { type Check, compare } from './check.ts';

/** @throws TopfiveError `model` for a graph whose cost cannot be counted */
export function verifyGraph(file: GraphFile, id: string): Check[] {
  const { side, tensors, nodes } = networkOf(id);
  const graph = { inputs: [{ name: inputName }], weights: tensors, nodes };
  const wanted = costOf(graph, [1, 3, side, side]);
  const found = costOfImage(file, side);
  return [
    compare('operators', describeOperators(found), describeOperators(wanted)),
    compareLists('shapes', shapesOf(found), shapesOf(wanted)),
    comparePadding(found, wanted),
    compareEpsilon(found, wanted),
    compareParams(found, wanted),
    compare('MACs', String(found.macs), String(wanted.macs)),
  ];
}

/** Exporters write the rest in many ways; what multiplies and accumulates is the same in all. */
function multiplying({ nodes }: Cost): NodeCost[] {
  return nodes.filter(({ macs }) => macs > 0);
}

function describeOperators(cost: Cost): string {
  const ops = multiplying(cost).map(({ node }) => (node.op === 'MatMul' ? 'Gemm' : node.op));
  const kinds = [...new Set(ops)].sort();
  return kinds.map((kind) => `${ops.filter((op) => op === kind).length} ${kind}`).join(', ');
}

/** A linear layer may store its weights either way, so what goes in is known by the work. */
function shapesOf(cost: Cost): string[] {
  return multiplying(cost).map(
    ({ output, macs }) => `[${output.join(', ')}] of ${macs} multiply-accumulates`,
  );
}

/** The same texts, as often, in whatever order. */
function compareLists(name: string, found: string[], wanted: string[]): Check {
  const left = [...wanted];
  const other = found.filter((text) => {
    const place = left.indexOf(text);
    if (place >= 0) left.splice(place, 1);
    return place < 0;
  });
  if (other.length + left.length === 0) {
    return { name, status: 'ok', finding: `${found.length} alike` };
  }
  const finding = `${other[0] ?? 'nothing'}, but the card has ${left[0] ?? 'nothing'} (${other.length + left.length} differ)`;
  return { name, status: 'fail', finding };
}

const windowed = (op: string) => op === 'Conv' || op === 'MaxPool';

function comparePadding(found: Cost, wanted: Cost): Check {
  const name = 'padding';
  const elsewhere = found.nodes.some(
    ({ node }) => node.op === 'Pad' || (node.attributes.auto_pad ?? 'NOTSET') !== 'NOTSET',
  );
  if (elsewhere) return { name, status: 'skip', finding: 'written in another way' };
  return compareLists(name, padsOf(found), padsOf(wanted));
}

function padsOf({ nodes }: Cost): string[] {
  return nodes
    .filter(({ node }) => windowed(node.op))
    .map(({ node, output }) => {
      const pads = node.attributes.pads ?? [0, 0, 0, 0];
      return `pads ${JSON.stringify(pads)} before [${output.join(', ')}]`;
    });
}

const isNorm = ({ node }: NodeCost) => node.op === 'BatchNormalization';

function compareEpsilon(found: Cost, wanted: Cost): Check {
  const name = 'epsilon';
  if (!found.nodes.some(isNorm)) {
    return { name, status: 'skip', finding: 'normalisation is folded into the convolutions' };
  }
  return compare(name, epsilonsOf(found), epsilonsOf(wanted));
}

/** Files hold float32, which six digits tell apart. */
function epsilonsOf({ nodes }: Cost): string {
  const values = nodes.filter(isNorm).map(({ node: { attributes } }) => {
    const { epsilon } = attributes;
    const isFloat = typeof epsilon === 'object' && 'float' in epsilon;
    return (isFloat ? epsilon.float : onnxEpsilon).toPrecision(6);
  });
  return [...new Set(values)].map(Number).join(', ');
}

/** What the operator's definition says where a file says nothing. */
const onnxEpsilon = 1e-5;

/** A convolution that takes a normalisation in gets a bias for its scale and bias. */
function compareParams(found: Cost, wanted: Cost): Check {
  const channels = wanted.nodes.filter(isNorm).reduce((sum, { output }) => sum + output[1], 0);
  const folded = found.nodes.some(isNorm) ? 0 : channels;
  return compare('parameters', String(found.params), String(wanted.params - folded));
}
