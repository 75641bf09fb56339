/**
 * The convention `paddle-model-stat-2019`: `paddle.fluid.contrib.model_stat.summary` (PaddlePaddle pull request 16512)
 * under Python 2, error by error. What it does not list costs nothing there, so it costs nothing here.
 */
import type { Cost, NodeCost } from './cost.ts';
import { sizeBeforeCrop } from './paddle-padding.ts';
import { sizeOf } from './shaped-graph.ts';

interface Count {
  params: number;
  flops: number;
}

type Rule = (cost: NodeCost) => Count;

/** The batch is -1 in a static program, and this rule alone multiplies with it: activations count below zero. */
const activation: Rule = ({ inputs: [x] }) => ({ params: 0, flops: -sizeOf(x!) });
/** Half the cost of one row, and one parameter for the bias; products of two features are not listed. */
const linear: Rule = ({ inputs: [, weight], stored }) =>
  stored[1] ? { params: sizeOf(weight!) + 1, flops: sizeOf(weight!) } : { params: 0, flops: 0 };

const rules: Readonly<Record<string, Rule>> = {
  Conv: convolution,
  Gemm: linear,
  MatMul: linear,
  BatchNormalization: ({ inputs: [, scale], output }) => ({
    params: 2 * sizeOf(scale!),
    flops: 2 * sizeOf(output),
  }),
  AveragePool: pool,
  MaxPool: pool,
  GlobalAveragePool: pool,
  GlobalMaxPool: pool,
  LeakyRelu: activation,
  PRelu: (cost) => ({ ...activation(cost), params: 1 }),
  Relu: activation,
  Sigmoid: activation,
  Tanh: activation,
};

export function paddleModelStat({ nodes }: Cost): Count {
  const swishes = swishesOf(nodes);
  const total = { params: 0, flops: 0 };
  for (const cost of nodes) {
    if (swishes.has(cost.node.outputs[0])) continue;
    const count = rules[cost.node.op]?.(cost);
    total.params += count?.params ?? 0;
    total.flops += count?.flops ?? 0;
  }
  return total;
}

/** The filters of a group are divided by the groups a second time, and Python 2 rounds down. */
function convolution(cost: NodeCost): Count {
  const { node, inputs } = cost;
  const [filters, depth, ...kernel] = inputs[1]!;
  const group = node.attributes.group;
  const groups = typeof group === 'number' ? group : 1;
  const kernelSize = sizeOf(kernel) * Math.floor(depth / groups);
  return { params: filters * kernelSize, flops: 2 * sizeBeforeCrop(cost) * kernelSize };
}

/** A global pool has a kernel of [-1, -1]. */
function pool({ node, output }: NodeCost): Count {
  const kernel = node.attributes.kernel_shape;
  return { params: 0, flops: sizeOf(output) * (Array.isArray(kernel) ? sizeOf(kernel) : 1) };
}

/** Outputs of the sigmoids that are half of a swish: one operator in Paddle, which the tool does not list. */
function swishesOf(nodes: readonly NodeCost[]): Set<string> {
  const gates = new Map(
    nodes.flatMap(({ node }) =>
      node.op === 'Sigmoid' ? [[node.outputs[0], node.inputs[0]] as const] : [],
    ),
  );
  const swishes = nodes.flatMap(({ node: { op, inputs } }) =>
    op === 'Mul' ? inputs.filter((name) => inputs.includes(gates.get(name) ?? '')) : [],
  );
  return new Set(swishes);
}
