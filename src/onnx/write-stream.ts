/** Writes a graph whose weights are never in memory together: each tensor is asked for when its turn comes. */
import { BinaryWriter, WireType } from '@bufbuild/protobuf/wire';
import type { Graph } from './graph.ts';
import { externalLocation, graphField, tensorField } from './proto.ts';
import { fieldHead, joined, nested } from './raw-fields.ts';
import { encodeTensorType, frameOnnx } from './write.ts';

/** A float32 tensor whose values come later. */
export interface TensorOutline {
  name: string;
  dims: readonly number[];
}

export interface GraphOutline<Tensor extends TensorOutline> extends Omit<Graph, 'weights'> {
  tensors: readonly Tensor[];
}

/** Gives the values of one tensor, row-major; asked once for each, in their order. */
export type ReadTensor<Tensor extends TensorOutline> = (
  tensor: Tensor,
) => Float32Array | Promise<Float32Array>;

/** Bytes of a file, known before they are there. */
export interface ByteStream {
  length: number;
  chunks: AsyncIterable<Uint8Array>;
}

/** A page of memory, so that the runtime can map each tensor from where it lies in the file. */
const alignment = 4096;

/** The bytes of the whole ONNX file, the same as `writeOnnx` makes. */
export function streamOnnx<Tensor extends TensorOutline>(
  { tensors, ...graph }: GraphOutline<Tensor>,
  read: ReadTensor<Tensor>,
): ByteStream {
  const heads = tensors.map(initializerHead);
  const length = tensors.reduce((sum, each, place) => sum + heads[place].length + bytesOf(each), 0);
  const { head, tail } = frameOnnx(graph, length);
  async function* chunks() {
    yield head;
    for (const [place, tensor] of tensors.entries()) {
      yield heads[place];
      yield viewOf(await read(tensor));
    }
    yield tail;
  }
  return { length: head.length + length + tail.length, chunks: chunks() };
}

/** The field of an initializer up to its values. */
function initializerHead(tensor: TensorOutline): Uint8Array {
  const length = bytesOf(tensor);
  const type = encodeTensorType({ ...tensor, dtype: 'float32' });
  const values = fieldHead(tensorField.rawData, length);
  const opening = fieldHead(graphField.initializer, type.length + values.length + length);
  return joined([opening, type, values]);
}

/**
 * An ONNX file without values, and a file beside it that holds them all.
 * @param location name of the file with the values, in the folder of the ONNX file
 */
export function streamExternal<Tensor extends TensorOutline>(
  { tensors, ...graph }: GraphOutline<Tensor>,
  { location, read }: { location: string; read: ReadTensor<Tensor> },
): { onnx: Uint8Array; data: ByteStream } {
  let reached = 0;
  const fields = tensors.flatMap((tensor) => {
    const offset = aligned(reached);
    reached = offset + bytesOf(tensor);
    const place = encodePlace({ location, offset, length: bytesOf(tensor) });
    return nested(graphField.initializer, [
      encodeTensorType({ ...tensor, dtype: 'float32' }),
      ...place,
    ]);
  });
  const length = fields.reduce((sum, field) => sum + field.length, 0);
  const { head, tail } = frameOnnx(graph, length);
  async function* chunks() {
    let written = 0;
    for (const tensor of tensors) {
      yield new Uint8Array(aligned(written) - written);
      yield viewOf(await read(tensor));
      written = aligned(written) + bytesOf(tensor);
    }
  }
  return { onnx: joined([head, ...fields, tail]), data: { length: reached, chunks: chunks() } };
}

/** The fields of a TensorProto that say where its values lie. */
function encodePlace(place: { location: string; offset: number; length: number }): Uint8Array[] {
  const entries = Object.entries(place).flatMap(([key, value]) => {
    const entry = new BinaryWriter().tag(1, WireType.LengthDelimited).string(key);
    entry.tag(2, WireType.LengthDelimited).string(String(value));
    return nested(tensorField.externalData, [entry.finish()]);
  });
  const where = new BinaryWriter().tag(tensorField.dataLocation, WireType.Varint);
  return [...entries, where.int64(externalLocation).finish()];
}

function aligned(offset: number): number {
  return Math.ceil(offset / alignment) * alignment;
}

function bytesOf({ dims }: TensorOutline): number {
  return 4 * dims.reduce((product, dim) => product * dim, 1);
}

function viewOf({ buffer, byteOffset, byteLength }: Float32Array): Uint8Array {
  return new Uint8Array(buffer, byteOffset, byteLength);
}
