/** Where the elements of a tensor lie in a checkpoint, and the reading of them as float32, row by row. */
import type { CheckpointFile, Refuse } from './checkpoint-file.ts';
import { type ElementType, elementBytes, toFloat32 } from './element-types.ts';

/**
 * Bytes of the file. With `text`, Python's pickle of old protocols wrote each byte as a Latin-1 character in
 * UTF-8, so that `length` is that of the text.
 */
export interface FileRun {
  start: number;
  length: number;
  text?: boolean;
}

/** Bytes in the file, or a few of them at hand. */
export type Run = FileRun | Uint8Array;

/** Offset and strides count elements. */
export interface TensorView {
  run: Run;
  type: ElementType;
  bigEndian: boolean;
  offset: number;
  shape: readonly number[];
  strides: readonly number[];
}

/** As many as a NumPy array may have. */
const mostDimensions = 32;
const chunkBytes = 2 ** 22;
/** Elements of the largest tensor, which is 2 GB of float32: no ONNX file holds more. */
const mostElements = 2 ** 29;

export function countElements(shape: readonly number[]): number {
  return shape.reduce((product, dim) => product * dim, 1);
}

/** Strides of rows that follow each other without a gap. */
export function rowMajor(shape: readonly number[]): number[] {
  const strides = shape.map(() => 1);
  for (let axis = shape.length - 2; axis >= 0; axis -= 1) {
    strides[axis] = strides[axis + 1] * shape[axis + 1];
  }
  return strides;
}

/** True for a whole number of elements or bytes. */
export function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}

/** True for the sizes that a tensor may have. */
export function isShape(value: unknown): value is number[] {
  return (
    Array.isArray(value) &&
    value.length <= mostDimensions &&
    value.every(isCount) &&
    isCount(countElements(value))
  );
}

/** @throws TopfiveError `model` when an element lies outside the run, or more are asked for than it holds */
export function checkView(view: TensorView, { name, refuse }: { name: string; refuse: Refuse }) {
  const { run, type, offset, shape, strides } = view;
  const bytes = elementBytes[type];
  const elements = countElements(shape);
  const reach = elements === 0 ? 0 : lastElement(view) + 1;
  const stays =
    Number.isSafeInteger(reach * bytes) &&
    elements <= mostElements &&
    offset >= 0 &&
    Math.max(reach, elements) * bytes <= run.length;
  if (stays) return;
  throw refuse(
    `gives the tensor ${name} shape [${shape.join(', ')}], strides [${strides.join(', ')}] and offset ${offset}, but stores ${run.length} bytes for it: download it again`,
  );
}

function lastElement({ offset, shape, strides }: TensorView): number {
  return shape.reduce((sum, dim, axis) => sum + (dim - 1) * strides[axis], offset);
}

/** @returns the elements in row-major order, whatever their order in the file */
export async function readView(file: CheckpointFile, view: TensorView): Promise<Float32Array> {
  const { shape, strides, offset } = view;
  const elements = countElements(shape);
  if (elements === 0) return new Float32Array(0);
  const dense = rowMajor(shape);
  const inOrder = shape.every((dim, axis) => dim === 1 || strides[axis] === dense[axis]);
  const count = inOrder ? elements : lastElement(view) + 1 - offset;
  const values = await readElements(file, view, count);
  return inOrder ? values : gather(values, { shape, strides, elements });
}

async function readElements(
  file: CheckpointFile,
  view: TensorView,
  count: number,
): Promise<Float32Array> {
  const { type, bigEndian, offset } = view;
  const run = await decodeRun(file, view);
  const bytes = elementBytes[type];
  const values = new Float32Array(count);
  const step = chunkBytes / bytes;
  for (let first = 0; first < count; first += step) {
    const target = values.subarray(first, first + step);
    const start = (offset + first) * bytes;
    const length = target.length * bytes;
    const chunk =
      run instanceof Uint8Array
        ? Buffer.from(run.subarray(start, start + length))
        : await file.read(run.start + start, length);
    if (bigEndian) swap(chunk, bytes);
    toFloat32(chunk, type, target);
  }
  return values;
}

/** Text becomes the bytes it stands for; everything else is read piece by piece. */
async function decodeRun(file: CheckpointFile, { run, type, shape }: TensorView): Promise<Run> {
  if (run instanceof Uint8Array || !run.text) return run;
  const bytes = decodeText(await file.read(run.start, run.length));
  const expected = countElements(shape) * elementBytes[type];
  if (bytes?.length === expected) return bytes;
  throw file.refuse(
    `stores ${run.length} bytes of text for a tensor of shape [${shape.join(', ')}], but they do not stand for its ${expected} bytes: download it again`,
  );
}

/** @returns the bytes that UTF-8 spells as characters U+0000 to U+00FF; undefined for any other text */
function decodeText(text: Buffer): Buffer | undefined {
  let length = 0;
  for (let index = 0; index < text.length; index += 1) {
    let byte = text[index];
    if (byte >= 0x80) {
      index += 1;
      const second = text[index];
      if ((byte !== 0xc2 && byte !== 0xc3) || second === undefined || second >> 6 !== 0b10) return;
      byte = ((byte & 0b11) << 6) | (second & 0b111111);
    }
    // Never overtakes what is still to be read.
    text[length] = byte;
    length += 1;
  }
  return text.subarray(0, length);
}

function swap(bytes: Buffer, size: number): void {
  if (size === 8) bytes.swap64();
  else if (size === 4) bytes.swap32();
  else if (size === 2) bytes.swap16();
}

interface Gathering {
  shape: readonly number[];
  strides: readonly number[];
  elements: number;
}

function gather(values: Float32Array, { shape, strides, elements }: Gathering): Float32Array {
  const result = new Float32Array(elements);
  const place = shape.map(() => 0);
  for (let index = 0, from = 0; index < elements; index += 1) {
    result[index] = values[from];
    for (let axis = shape.length - 1; axis >= 0; axis -= 1) {
      place[axis] += 1;
      from += strides[axis];
      if (place[axis] < shape[axis]) break;
      from -= place[axis] * strides[axis];
      place[axis] = 0;
    }
  }
  return result;
}
