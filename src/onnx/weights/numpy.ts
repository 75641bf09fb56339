/** NumPy's arrays as they stand in a pickle: numpy.org/doc/stable/reference/generated/numpy.ndarray.__reduce__.html. */
import type { Refuse } from './checkpoint-file.ts';
import type { ElementType } from './element-types.ts';
import { PickledBytes } from './pickle-reader.ts';
import { quote } from './quote.ts';
import { checkView, isShape, type Run, rowMajor, type TensorView } from './tensor-view.ts';

const types = new Map<unknown, ElementType>([
  ['f8', 'float64'],
  ['f4', 'float32'],
  ['f2', 'float16'],
  ['i8', 'int64'],
  ['i4', 'int32'],
  ['i2', 'int16'],
  ['i1', 'int8'],
  ['u1', 'uint8'],
  ['b1', 'bool'],
]);

export class NumpyType {
  readonly type: ElementType;
  bigEndian = false;

  constructor(type: ElementType) {
    this.type = type;
  }
}

/** @param args of `numpy.dtype`: the code, and how to copy */
export function makeNumpyType(args: readonly unknown[], refuse: Refuse): NumpyType {
  const type = types.get(args[0]);
  if (type) return new NumpyType(type);
  throw refuse(
    `holds a NumPy array of dtype ${quote(args[0])}, but ${[...types.keys()].join(', ')} can be read`,
  );
}

/** @param state (version, byte order, …) */
export function buildNumpyType(target: NumpyType, state: unknown): void {
  if (Array.isArray(state)) target.bigEndian = state[1] === '>';
}

/** Empty when it is made; its state follows. */
export class NumpyArray {
  state: readonly unknown[] = [];
}

/** @param args as protocol 5 has them: (bytes, dtype, shape, order) */
export function makeFromBuffer([bytes, dtype, shape, order]: readonly unknown[]): NumpyArray {
  const array = new NumpyArray();
  array.state = [1, shape, dtype, order === 'F', bytes];
  return array;
}

/** @returns where the elements lie; `state` is (version, shape, dtype, column by column, bytes) */
export function viewNumpyArray(
  { state }: NumpyArray,
  { name, refuse }: { name: string; refuse: Refuse },
): TensorView {
  const [, shape, dtype, columns, bytes] = state;
  const run = runOf(bytes);
  if (!isShape(shape) || !(dtype instanceof NumpyType) || !run) {
    throw refuse(`holds a NumPy array without shape, dtype or bytes under ${name}`);
  }
  const strides = columns === true || columns === 1 ? columnMajor(shape) : rowMajor(shape);
  const { type, bigEndian } = dtype;
  const view = { run, type, bigEndian, offset: 0, shape, strides };
  checkView(view, { name, refuse });
  return view;
}

/** Python 2 and protocol 2 spell bytes as text. */
function runOf(bytes: unknown): Run | undefined {
  if (bytes instanceof PickledBytes) return bytes.run;
  return typeof bytes === 'string' ? Buffer.from(bytes, 'latin1') : undefined;
}

function columnMajor(shape: readonly number[]): number[] {
  return rowMajor(shape.toReversed()).reverse();
}
