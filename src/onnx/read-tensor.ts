/** Reads the tensors of an ONNX file. */
import { WireType } from '@bufbuild/protobuf/wire';
import { int, list, message, readInt, readMessage, text } from './fields.ts';
import { type DataType, dtypeOf, externalLocation, sizeOf, tensorField } from './proto.ts';

export interface Initializer {
  name: string;
  dtype: DataType;
  dims: number[];
  /** Little-endian elements; null when they lie in another file or in a field that is not read. */
  data: Uint8Array | null;
}

/** Elements in a field of their type, as some exporters write them. */
interface Typed {
  floats: number[];
  doubles: number[];
  /** Of 32 bits and less; float16 as its bits. */
  integers: number[];
  longs: bigint[];
}

export function readTensor(bytes: Uint8Array): Initializer {
  let name = '';
  let code = 0;
  let location = 0;
  let raw: Uint8Array | null = null;
  const dims: number[] = [];
  const typed: Typed = { floats: [], doubles: [], integers: [], longs: [] };
  readMessage(bytes, {
    [tensorField.name]: text((value) => {
      name = value;
    }),
    [tensorField.dataType]: int((value) => {
      code = value;
    }),
    [tensorField.dataLocation]: int((value) => {
      location = value;
    }),
    [tensorField.dims]: list(WireType.Varint, (reader) => dims.push(readInt(reader))),
    [tensorField.rawData]: message((value) => {
      raw = value;
    }),
    [tensorField.floatData]: list(WireType.Bit32, (reader) => typed.floats.push(reader.float())),
    [tensorField.doubleData]: list(WireType.Bit64, (reader) => typed.doubles.push(reader.double())),
    [tensorField.int32Data]: list(WireType.Varint, (reader) => typed.integers.push(reader.int32())),
    [tensorField.int64Data]: list(WireType.Varint, (reader) =>
      typed.longs.push(BigInt(reader.int64())),
    ),
  });
  const dtype = elementType(code, name);
  const elements = dims.reduce((product, dim) => product * dim, 1);
  if (dims.some((dim) => dim < 0) || !Number.isSafeInteger(elements)) {
    throw new Error(`weights "${name}" have the impossible shape [${dims.join(', ')}]`);
  }
  const data = location === externalLocation ? null : (raw ?? typedData(dtype, typed));
  const tensor = { name, dtype, dims, data };
  if (data) checkBytes(tensor, data.length);
  return tensor;
}

/** @throws Error when a tensor of this shape has another number of bytes */
export function checkBytes({ name, dtype, dims }: Omit<Initializer, 'data'>, bytes: number): void {
  const needed = dims.reduce((product, dim) => product * dim, sizeOf(dtype));
  if (sizeOf(dtype) === 0 || bytes === needed) return;
  throw new Error(
    `weights "${name}" ${dtype} [${dims.join(', ')}] need ${needed} bytes, but ${bytes} are there`,
  );
}

/** Null for the types whose field is not read. */
function typedData(dtype: DataType, typed: Typed): Uint8Array | null {
  const elements = arrays[dtype]?.(typed);
  return elements ? new Uint8Array(elements.buffer) : null;
}

const arrays: Partial<Record<DataType, (typed: Typed) => { buffer: ArrayBuffer }>> = {
  bool: ({ integers }) => Uint8Array.from(integers),
  float16: ({ integers }) => Uint16Array.from(integers),
  float32: ({ floats }) => Float32Array.from(floats),
  float64: ({ doubles }) => Float64Array.from(doubles),
  int8: ({ integers }) => Int8Array.from(integers),
  int16: ({ integers }) => Int16Array.from(integers),
  int32: ({ integers }) => Int32Array.from(integers),
  int64: ({ longs }) => BigInt64Array.from(longs),
  uint8: ({ integers }) => Uint8Array.from(integers),
  uint16: ({ integers }) => Uint16Array.from(integers),
};

export function elementType(code: number, name: string): DataType {
  const dtype = dtypeOf(code);
  if (!dtype) {
    throw new Error(`"${name}" has the unknown element type ${code}`);
  }
  return dtype;
}
