/** Einsum: sums of products over named axes. */
import { refuse, sizeOf } from '../shaped-graph.ts';
import { type Call, input, type Operator, shaped, text } from './operator.ts';

/** Sizes by axis name; the names of the output in order. */
interface Axes {
  sizes: Map<string, number>;
  output: string[];
}

export const einsum: Operator = {
  infer: (call) => {
    const { sizes, output } = axesOf(call);
    const dims = output.map((name) => sizes.get(name) ?? refuse(call.node, `lacks axis ${name}`));
    return [shaped(input(call, 0), dims)];
  },
  /** Each element of the space of all axes is one product; a single operand is only moved and added up. */
  macs: (call) => {
    if (call.inputs.length === 1) return 0;
    if (call.inputs.length > 2)
      refuse(call.node, 'has more than two operands, whose cost is not known');
    return sizeOf([...axesOf(call).sizes.values()]);
  },
  learnt: [0, 1],
};

function axesOf(call: Call): Axes {
  const equation = text(call.node, 'equation', '').replaceAll(' ', '');
  const [left, right] = equation.split('->');
  const sizes = new Map<string, number>();
  const terms = left.split(',').map((term, place) => {
    const { dims } = input(call, place);
    const names = expand(term, dims.length);
    if (names.length !== dims.length) {
      refuse(call.node, `has the equation ${equation} for [${dims.join(', ')}]`);
    }
    for (const [axis, name] of names.entries()) {
      const before = sizes.get(name) ?? 1;
      if (before !== 1 && dims[axis] !== 1 && before !== dims[axis]) {
        refuse(call.node, `has axis ${name} of ${before} and of ${dims[axis]}`);
      }
      sizes.set(name, Math.max(before, dims[axis]));
    }
    return names;
  });
  const rest = [...sizes.keys()].filter((name) => /\d/.test(name)).length;
  return { sizes, output: right === undefined ? implied(terms) : expand(right, rest, true) };
}

/** The letters of a term; an ellipsis stands for numbered axes, counted from the last. */
function expand(term: string, rank: number, output = false): string[] {
  const letters = [...term.replace('...', '…')];
  const hidden = output ? rank : rank - letters.length + 1;
  return letters.flatMap((letter) =>
    letter === '…'
      ? Array.from({ length: hidden }, (_, place) => String(hidden - place))
      : [letter],
  );
}

/** Without an arrow: the ellipsis, then every letter that occurs once, in the order of the alphabet. */
function implied(terms: string[][]): string[] {
  const all = terms.flat();
  const hidden = [...new Set(all.filter((name) => /\d/.test(name)))].sort(
    (a, b) => Number(b) - Number(a),
  );
  const single = all.filter(
    (name) => !/\d/.test(name) && all.indexOf(name) === all.lastIndexOf(name),
  );
  return [...hidden, ...single.sort()];
}
