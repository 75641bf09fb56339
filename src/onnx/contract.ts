/** What a graph must look like to be evaluated, checked on its declared inputs and outputs before any image is read. */
import { TopfiveError } from '../errors.ts';

/** A named tensor as the file declares it; a string is a symbolic dimension. */
export interface Declared {
  name: string;
  dtype: string;
  dims: readonly (number | string)[];
}

/** What the recipe and the card ask of the graph. */
export interface Expected {
  /** Side in pixels of the square crop. */
  side: number;
  layout: 'nchw' | 'nhwc';
  /** Outputs of the head, background classes included; undefined when nothing says so. */
  classes?: number;
}

/** The input that takes the images. `side` is null where the file leaves it open. */
export interface InputContract {
  layout: 'nchw' | 'nhwc';
  side: number | null;
  /** Rows that every batch must have; null when the file leaves them open. */
  fixedBatch: number | null;
}

const show = (dims: readonly (number | string)[]) =>
  `[${dims.map((dim) => (dim === '' ? '?' : dim)).join(', ')}]`;

/** @throws TopfiveError `model` naming the file and what does not fit. */
export function checkInput(
  path: string,
  inputs: readonly Declared[],
  expected?: Expected,
): InputContract {
  const refuse = (why: string) => new TopfiveError('model', `${path} ${why}.`);
  if (inputs.length !== 1) {
    const names = inputs.map(({ name }) => name).join(', ') || 'none';
    throw refuse(
      `must have one input, the images, but it has ${inputs.length} (${names}): export the classifier alone`,
    );
  }
  const { name, dtype, dims } = inputs[0];
  const here = `input "${name}" ${show(dims)}`;
  if (dtype !== 'float32') {
    throw refuse(
      `takes ${dtype} at its ${here}, but float32 was expected: export it with a float32 input (weights may be of another type)`,
    );
  }
  if (dims.length !== 4) {
    throw refuse(
      `must take a batch of images with 4 dimensions, but its ${here} has ${dims.length}: export it with an input of batch × 3 × height × width`,
    );
  }
  const layout = layoutOf(dims, expected?.layout);
  if (expected && layout !== expected.layout) {
    throw refuse(
      `was expected to be ${expected.layout} by its recipe, but its ${here} is ${layout}: set layout: ${layout} in the recipe`,
    );
  }
  const [channels, height, width] =
    layout === 'nchw' ? [dims[1], dims[2], dims[3]] : [dims[3], dims[1], dims[2]];
  if (typeof channels === 'number' && channels !== 3) {
    throw refuse(
      `must take 3 channels, but its ${here} has ${channels}: only colour images are evaluated`,
    );
  }
  const side = [height, width].find((dim) => typeof dim === 'number') ?? null;
  const wanted = expected?.side ?? side;
  if ([height, width].some((dim) => typeof dim === 'number' && dim !== wanted)) {
    throw refuse(
      expected
        ? `takes images of ${height} × ${width} at its ${here}, but the recipe crops ${wanted} × ${wanted}: change the recipe's crop or export the model at ${wanted}`
        : `must take square images, but its ${here} is ${height} × ${width}: export it with a square input`,
    );
  }
  const batch = dims[0];
  return { layout, side: wanted as number | null, fixedBatch: fixedBatchOf(batch) };
}

/** Exporters write 0 and -1 as well as a name for an open dimension. */
function fixedBatchOf(batch: number | string): number | null {
  return typeof batch === 'number' && batch > 0 ? batch : null;
}

function layoutOf(
  dims: readonly (number | string)[],
  wanted: 'nchw' | 'nhwc' | undefined,
): 'nchw' | 'nhwc' {
  const could = { nchw: dims[1] === 3, nhwc: dims[3] === 3 };
  const other = wanted === 'nhwc' ? 'nchw' : 'nhwc';
  const first = wanted ?? 'nchw';
  return !could[first] && could[other] ? other : first;
}

/** An output tensor as it came out of a run; dimensions are all known. */
export interface Produced {
  name: string;
  dtype: string;
  dims: readonly number[];
}

/**
 * The output that holds the logits: rows × classes, or rows × classes × 1 × 1.
 * @throws TopfiveError `model` when there is none, more than one, or a wrong number of classes.
 */
export function chooseLogits(
  path: string,
  outputs: readonly Produced[],
  { rows, classes }: { rows: number; classes?: number | undefined },
): { name: string; classes: number } {
  const refuse = (why: string) => new TopfiveError('model', `${path} ${why}.`);
  const describe = (list: readonly Produced[]) =>
    list.map(({ name, dtype, dims }) => `"${name}" ${dtype} ${show(dims)}`).join(', ') || 'none';
  const shaped = outputs.filter(
    ({ dims }) => dims[0] === rows && (dims.length === 2 || isPooled(dims)),
  );
  const floats = shaped.filter(({ dtype }) => dtype === 'float32');
  if (floats.length === 0) {
    throw refuse(
      shaped.length
        ? `was expected to give float32 logits, but gives ${describe(shaped)}: export it with a float32 output`
        : `was expected to give logits of batch × classes, but its outputs for ${rows} ${rows === 1 ? 'image' : 'images'} are ${describe(outputs)}: export it with its classification head`,
    );
  }
  const fitting =
    classes === undefined || floats.length === 1
      ? floats
      : floats.filter(({ dims }) => dims[1] === classes);
  if (fitting.length > 1) {
    throw refuse(
      `must have one output of logits, but ${describe(fitting)} could all be it: export it with only one of them`,
    );
  }
  const chosen = fitting[0];
  if (!chosen || (classes !== undefined && chosen.dims[1] !== classes)) {
    throw refuse(
      `was expected to have ${classes} classes, but gives ${describe(floats)}: check the card, its classOffset, or the file`,
    );
  }
  return { name: chosen.name, classes: chosen.dims[1] };
}

const isPooled = (dims: readonly number[]) => dims.length === 4 && dims[2] === 1 && dims[3] === 1;
