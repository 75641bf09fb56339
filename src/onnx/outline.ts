/** The outline of an ONNX file: a model of a few kilobytes whose large tensors stay where they lie, in the file itself. */
import { readFile, stat } from 'node:fs/promises';
import { basename } from 'node:path';
import { TopfiveError } from '../errors.ts';
import { encodeExternalPlace } from './external.ts';
import { FileWindow, lengthOf, type Range } from './file-window.ts';
import { graphField, modelField, tensorField } from './proto.ts';
import { joined, nested } from './raw-fields.ts';
import { malformed } from './read.ts';
import { checkBytes, readTensor } from './read-tensor.ts';

export interface Outline {
  /** Size of the file. */
  size: number;
  /** An ONNX model: that of the file, with larger tensors as external data in the file's own name. */
  bytes: Uint8Array;
}

/** Protobuf messages end here, and so does what ONNX Runtime loads. */
const largestFile = 2 ** 31 - 1;

/** Bytes of 1,024 elements of the widest type: whatever shapes are computed from is smaller. */
const largestInside = 8192;

/** Fields in which elements lie as raw data does, when they are packed. */
const packed: readonly number[] = [
  tensorField.rawData,
  tensorField.floatData,
  tensorField.doubleData,
];

/**
 * Reads what describes the graph, and none of its large tensors.
 * @throws TopfiveError `model` for what is no ONNX file; errors of the file system as they are
 */
export async function outlineOnnx(path: string): Promise<Outline> {
  const file = await FileWindow.open(path);
  try {
    const size = lengthOf(file.whole);
    if (size > largestFile) {
      throw new TopfiveError(
        'model',
        `${path} is larger than 2 GiB, where an ONNX file ends: keep its weights in a file beside it`,
      );
    }
    return { size, bytes: joined(outlineModel(file, basename(path))) };
  } catch (error) {
    if (error instanceof TopfiveError || (error instanceof Error && 'syscall' in error)) {
      throw error;
    }
    throw malformed(path, error);
  } finally {
    await file.close();
  }
}

/** @param location name of the file */
function outlineModel(file: FileWindow, location: string): Uint8Array[] {
  return [...file.fields(file.whole)].flatMap(({ field, raw, content }) =>
    field === modelField.graph
      ? nested(field, outlineGraph(file, { graph: content, location }))
      : [file.read(raw)],
  );
}

function outlineGraph(
  file: FileWindow,
  { graph, location }: { graph: Range; location: string },
): Uint8Array[] {
  return [...file.fields(graph)].flatMap(({ field, raw, content }) =>
    field === graphField.initializer && lengthOf(content) > largestInside
      ? nested(field, outlineTensor(file, { tensor: content, location }))
      : [file.read(raw)],
  );
}

function outlineTensor(
  file: FileWindow,
  { tensor, location }: { tensor: Range; location: string },
): Uint8Array[] {
  const fields = [...file.fields(tensor)];
  const [values, ...further] = fields.filter(({ field }) => packed.includes(field));
  if (!values || further.length > 0 || lengthOf(values.content) <= largestInside) {
    return fields.map(({ raw }) => file.read(raw));
  }
  const length = lengthOf(values.content);
  const others = fields.filter((field) => field !== values).map(({ raw }) => file.read(raw));
  const place = encodeExternalPlace({ location, offset: values.content.start, length });
  checkBytes(readTensor(joined([...others, ...place])), length);
  return [...others, ...place];
}

/** Bytes. What is smaller is held whole, so that whoever writes to the file meanwhile does no harm. */
const largestWhole = 256e6;

/** An ONNX model to work on in memory: that of the file, or its outline where the file is large. */
export async function readModelOrOutline(path: string): Promise<Uint8Array> {
  return (await isLarge(path)) ? (await outlineOnnx(path)).bytes : readFile(path);
}

export async function isLarge(path: string): Promise<boolean> {
  return (await stat(path)).size > largestWhole;
}
