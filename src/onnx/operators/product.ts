/** Matrix products. */
import { refuse, type Shape, sizeOf } from '../shaped-graph.ts';
import { einsum } from './einsum.ts';
import { stretch } from './elementwise.ts';
import { type Call, input, integer, type Operators, shaped } from './operator.ts';

export const product: Operators = {
  Gemm: {
    infer: (call) => [shaped(input(call, 0), gemm(call))],
    macs: ({ inputs: [a], outputs: [y] }) => sizeOf(a!.dims) * y.dims[1],
    learnt: [0, 1, 2],
  },
  MatMul: {
    infer: (call) => [shaped(input(call, 0), multiplied(call, { left: 0, right: 1 }))],
    macs: ({ inputs: [a], outputs: [y] }) => sizeOf(y.dims) * a!.dims.at(-1)!,
    learnt: [0, 1],
  },
  Einsum: einsum,
};

export function gemm(call: Call): Shape {
  const { node } = call;
  const [a, b] = [input(call, 0).dims, input(call, 1).dims];
  const [rows, depth] = integer(node, 'transA', 0) ? [a[1], a[0]] : a;
  const [height, columns] = integer(node, 'transB', 0) ? [b[1], b[0]] : b;
  if (a.length !== 2 || b.length !== 2 || depth !== height) {
    refuse(node, `cannot multiply [${a.join(', ')}] and [${b.join(', ')}]`);
  }
  return [rows, columns];
}

/** As numpy.matmul: the last two axes multiply, those in front stretch, a vector is a row or a column. */
export function multiplied(call: Call, { left, right }: { left: number; right: number }): Shape {
  const [a, b] = [input(call, left).dims, input(call, right).dims];
  const rows = a.length === 1 ? [1, ...a] : a;
  const columns = b.length === 1 ? [...b, 1] : b;
  if (a.length === 0 || b.length === 0 || rows.at(-1) !== columns.at(-2)) {
    refuse(call.node, `cannot multiply [${a.join(', ')}] and [${b.join(', ')}]`);
  }
  const batch = stretch(call, [rows.slice(0, -2), columns.slice(0, -2)]);
  return [
    ...batch,
    ...(a.length === 1 ? [] : rows.slice(-2, -1)),
    ...(b.length === 1 ? [] : columns.slice(-1)),
  ];
}
