/** The three conventions by which this project counts a graph: the true one, and the two behind published tables. */
import { type Cost, costOf } from './cost.ts';
import { paddleFlops } from './paddle-flops.ts';
import { paddleModelStat } from './paddle-model-stat.ts';
import type { Shape, ShapedGraph } from './shaped-graph.ts';

export interface Costs {
  /** Learnable values, and multiply-accumulates of convolutions and matrix products. */
  exact: { params: number; macs: number };
  /** `paddle.flops()` of PaddlePaddle 2.2: one operation for a multiply-accumulate; statistics are parameters. */
  'paddle-flops-2.2': { params: number; flops: number };
  /** `paddle.fluid.contrib.model_stat` of 2019 under Python 2, with its errors: what the model page printed. */
  'paddle-model-stat-2019': { params: number; flops: number };
}

export type Convention = keyof Costs;

/** @throws TopfiveError `model` for an operator whose cost is not known */
export function costsOf(graph: ShapedGraph, inputDims: Shape): Costs {
  return conventionsOf(costOf(graph, inputDims));
}

/** @param cost as `costOf` gave it, of one image */
export function conventionsOf(cost: Cost): Costs {
  const { params, macs } = cost;
  return {
    exact: { params, macs },
    'paddle-flops-2.2': paddleFlops(cost),
    'paddle-model-stat-2019': paddleModelStat(cost),
  };
}
