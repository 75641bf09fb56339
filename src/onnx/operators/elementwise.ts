/** Operators that work element by element; between shapes by NumPy's broadcasting. */
import { refuse, type Shape } from '../shaped-graph.ts';
import {
  type Call,
  each,
  input,
  integer,
  type Operators,
  plain,
  same,
  shaped,
  type Tensor,
} from './operator.ts';
import { coordinatesOf, isInteger, isSmall, placeOf } from './values.ts';

const unary =
  'Acos Acosh Asin Asinh Atan Atanh BitwiseNot Celu Cos Cosh Elu Erf Exp Gelu HardSigmoid HardSwish LeakyRelu Log Mish Selu Shrink Sigmoid Sin Sinh Softplus Softsign Swish Tan Tanh ThresholdedRelu';
const binary = 'BitShift BitwiseAnd BitwiseOr BitwiseXor';

/** Of operators that occur where shapes are computed. */
const unaryValues: Record<string, (x: number) => number> = {
  Abs: Math.abs,
  Ceil: Math.ceil,
  Floor: Math.floor,
  Neg: (x) => -x,
  Not: (x) => Number(!x),
  Reciprocal: (x) => 1 / x,
  Relu: (x) => Math.max(0, x),
  Round: roundHalfEven,
  Sign: Math.sign,
  Sqrt: Math.sqrt,
};

type Binary = (a: number, b: number, whole: boolean) => number;

const binaryValues: Record<string, Binary> = {
  Add: (a, b) => a + b,
  Div: (a, b, whole) => (whole ? Math.trunc(a / b) : a / b),
  Max: (a, b) => Math.max(a, b),
  Min: (a, b) => Math.min(a, b),
  Mul: (a, b) => a * b,
  Pow: (a, b) => a ** b,
  Sub: (a, b) => a - b,
  Sum: (a, b) => a + b,
};

const comparisons: Record<string, Binary> = {
  And: (a, b) => Number(a !== 0 && b !== 0),
  Equal: (a, b) => Number(a === b),
  Greater: (a, b) => Number(a > b),
  GreaterOrEqual: (a, b) => Number(a >= b),
  Less: (a, b) => Number(a < b),
  LessOrEqual: (a, b) => Number(a <= b),
  Or: (a, b) => Number(a !== 0 || b !== 0),
  Xor: (a, b) => Number((a !== 0) !== (b !== 0)),
};

export const elementwise: Operators = {
  ...each(unary, plain(same)),
  ...each(
    'IsInf IsNaN',
    plain((call) => [{ dtype: 'bool', dims: input(call, 0).dims }]),
  ),
  ...each('Clip', plain(same, [0])),
  ...each(binary, plain(stretched)),
  ...each('Mean', plain(stretched)),
  ...each('PRelu', { ...plain(same), learnt: [1] }),
  ...fromEntries(unaryValues, (work) => plain((call) => [one(call, work)])),
  ...fromEntries(binaryValues, (work) => plain((call) => [joined(call, work)])),
  ...fromEntries(comparisons, (work) =>
    plain((call) => [{ ...joined(call, work), dtype: 'bool' as const }]),
  ),
  Mod: plain((call) => [joined(call, integer(call.node, 'fmod', 0) ? remainder : modulo)]),
  Where: plain(choose, [1, 2]),
};

function fromEntries<T>(
  table: Record<string, T>,
  make: (entry: T) => Operators[string],
): Operators {
  return Object.fromEntries(Object.entries(table).map(([name, entry]) => [name, make(entry)]));
}

const remainder: Binary = (a, b) => a % b;
/** The sign of the divisor, as in Python. */
const modulo: Binary = (a, b) => a - b * Math.floor(a / b);

function roundHalfEven(x: number): number {
  const down = Math.floor(x);
  const rest = x - down;
  return rest === 0.5 ? down + (down % 2 === 0 ? 0 : 1) : Math.round(x);
}

function one(call: Call, work: (x: number) => number): Tensor {
  const x = input(call, 0);
  return { ...x, values: x.values?.map(work) };
}

function stretched(call: Call): Tensor[] {
  const inputs = call.inputs.map((_, place) => input(call, place));
  return [
    shaped(
      inputs[0],
      stretch(
        call,
        inputs.map(({ dims }) => dims),
      ),
    ),
  ];
}

/** Of two inputs or more, one after the other. */
function joined(call: Call, work: Binary): Tensor {
  const [first, ...others] = call.inputs.map((_, place) => input(call, place));
  return others.reduce((a, b) => pair(call, { a, b, work }), first);
}

function pair(call: Call, { a, b, work }: { a: Tensor; b: Tensor; work: Binary }): Tensor {
  const dims = stretch(call, [a.dims, b.dims]);
  const [x, y] = [a.values, b.values];
  if (!x || !y || !isSmall(dims)) return shaped(a, dims);
  const whole = isInteger(a.dtype);
  const values = coordinatesOf(dims).map((at) =>
    work(x[placeOf(at, a.dims)], y[placeOf(at, b.dims)], whole),
  );
  return { dtype: a.dtype, dims, values };
}

function choose(call: Call): Tensor[] {
  const [condition, a, b] = [0, 1, 2].map((place) => input(call, place));
  const dims = stretch(call, [condition.dims, a.dims, b.dims]);
  const [when, yes, no] = [condition.values, a.values, b.values];
  if (!when || !yes || !no || !isSmall(dims)) return [shaped(a, dims)];
  const values = coordinatesOf(dims).map((at) =>
    when[placeOf(at, condition.dims)] ? yes[placeOf(at, a.dims)] : no[placeOf(at, b.dims)],
  );
  return [{ dtype: a.dtype, dims, values }];
}

/** NumPy's rule: aligned at the last dimension, 1 stretches. */
export function stretch({ node }: Call, shapes: readonly Shape[]): Shape {
  return shapes.reduce((a, b) => {
    const rank = Math.max(a.length, b.length);
    const [left, right] = [a, b].map((dims) => [...Array(rank - dims.length).fill(1), ...dims]);
    return left.map((dim: number, axis): number => {
      const other: number = right[axis];
      if (dim !== other && dim !== 1 && other !== 1) {
        refuse(node, `cannot join [${a.join(', ')}] and [${b.join(', ')}]`);
      }
      return dim === 1 ? other : dim;
    });
  });
}
