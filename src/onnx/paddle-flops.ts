/**
 * The convention `paddle-flops-2.2`: `paddle.flops()` as PaddlePaddle 2.2 has it (python/paddle/hapi/dynamic_flops.py).
 * What it does not list costs nothing there, so it costs nothing here.
 */
import type { Cost, NodeCost } from './cost.ts';
import { sizeBeforeCrop } from './paddle-padding.ts';
import { sizeOf } from './shaped-graph.ts';

type Flops = (cost: NodeCost) => number;

/** A multiply-accumulate is one operation; a bias is one more for each element of the output. */
const rules: Readonly<Record<string, Flops>> = {
  Conv: (cost) => {
    const [, weight, bias] = cost.inputs;
    return sizeBeforeCrop(cost) * (sizeOf(weight!.slice(1)) + (bias ? 1 : 0));
  },
  BatchNormalization: ({ output }) => 2 * sizeOf(output),
  LeakyRelu: ({ output }) => sizeOf(output),
  AveragePool: ({ output }) => sizeOf(output),
  GlobalAveragePool: ({ inputs: [x], output }) => sizeOf(x!) + sizeOf(output),
  Gemm: linear,
  MatMul: linear,
};

/** Products of two features are a function there and no layer. */
function linear({ macs, stored }: NodeCost): number {
  return stored[1] ? macs : 0;
}

export function paddleFlops({ params, nodes }: Cost): { params: number; flops: number } {
  return {
    params: params + nodes.reduce((sum, cost) => sum + statisticsOf(cost), 0),
    flops: nodes.reduce((sum, cost) => sum + (rules[cost.node.op]?.(cost) ?? 0), 0),
  };
}

/** Running mean and variance: parameters of the layer in Paddle, though they are not learnt. */
function statisticsOf({ node, inputs: [, scale] }: NodeCost): number {
  return node.op === 'BatchNormalization' ? 2 * sizeOf(scale!) : 0;
}
