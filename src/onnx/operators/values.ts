/** Values of small tensors, where a graph computes shapes from shapes. */
import type { DataType } from '../proto.ts';
import { type Shape, type StoredTensor, sizeOf } from '../shaped-graph.ts';
import type { Tensor } from './operator.ts';

/** Elements; a tensor that holds a shape, axes or bounds has far fewer. */
const mostValues = 1024;

export const isSmall = (dims: Shape) => sizeOf(dims) <= mostValues;

/** A tensor whose elements come from places of one known tensor. */
export function moved(
  x: Tensor,
  { dims, from }: { dims: Shape; from: (at: readonly number[]) => number },
): Tensor {
  const { dtype, values } = x;
  if (!values || !isSmall(dims)) return { dtype, dims };
  return { dtype, dims, values: coordinatesOf(dims).map((at) => values[from(at)]) };
}

/** All coordinates of a shape, row-major. */
export function coordinatesOf(dims: Shape): number[][] {
  return dims.reduce<number[][]>(
    (found, dim) => found.flatMap((at) => Array.from({ length: dim }, (_, next) => [...at, next])),
    [[]],
  );
}

/** The place of a coordinate; dimensions of 1 stretch, and coordinates in front of the shape's rank are passed over. */
export function placeOf(at: readonly number[], dims: Shape): number {
  const skipped = at.length - dims.length;
  return dims.reduce((place, dim, axis) => place * dim + (dim === 1 ? 0 : at[axis + skipped]), 0);
}

/** @returns undefined when the tensor is large, of another type, or not here */
export function storedValues({
  dims,
  dtype = 'float32',
  data,
}: StoredTensor): number[] | undefined {
  const read = readers[dtype];
  if (!read || !data || !isSmall(dims)) return undefined;
  const view = new DataView(data.buffer, data.byteOffset, data.byteLength);
  return Array.from({ length: sizeOf(dims) }, (_, index) => read(view, index));
}

const readers: Partial<Record<DataType, (view: DataView, index: number) => number>> = {
  bool: (view, index) => view.getUint8(index),
  uint8: (view, index) => view.getUint8(index),
  int8: (view, index) => view.getInt8(index),
  int32: (view, index) => view.getInt32(4 * index, true),
  int64: (view, index) => saturate(view.getBigInt64(8 * index, true)),
  float32: (view, index) => view.getFloat32(4 * index, true),
  float64: (view, index) => view.getFloat64(8 * index, true),
};

/** A bound "to the end" is the largest int64, which a number cannot hold. */
function saturate(value: bigint): number {
  return Math.max(Number.MIN_SAFE_INTEGER, Math.min(Number.MAX_SAFE_INTEGER, Number(value)));
}

export const isInteger = (dtype: DataType) => /^u?int/.test(dtype);
