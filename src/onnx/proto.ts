/** The part of the ONNX file format that topfive reads and writes: field numbers of onnx.proto3 (github.com/onnx/onnx). */

export const modelField = {
  irVersion: 1,
  producerName: 2,
  producerVersion: 3,
  graph: 7,
  opsetImport: 8,
} as const;

export const opsetField = { domain: 1, version: 2 } as const;

export const graphField = {
  node: 1,
  name: 2,
  initializer: 5,
  input: 11,
  output: 12,
  valueInfo: 13,
  sparseInitializer: 15,
} as const;

export const nodeField = {
  input: 1,
  output: 2,
  name: 3,
  opType: 4,
  attribute: 5,
  domain: 7,
} as const;

export const attributeField = {
  name: 1,
  float: 2,
  int: 3,
  text: 4,
  tensor: 5,
  floats: 7,
  ints: 8,
  type: 20,
} as const;

/** AttributeProto.AttributeType, for the kinds that are understood. */
export const attributeType = { float: 1, int: 2, text: 3, tensor: 4, floats: 6, ints: 7 } as const;

export const tensorField = {
  dims: 1,
  dataType: 2,
  floatData: 4,
  int32Data: 5,
  int64Data: 7,
  name: 8,
  rawData: 9,
  doubleData: 10,
  externalData: 13,
  dataLocation: 14,
} as const;

/** TensorProto.DataLocation. */
export const externalLocation = 1;

export const valueField = { name: 1, type: 2 } as const;
export const typeField = { tensor: 1 } as const;
export const tensorTypeField = { elementType: 1, shape: 2 } as const;
export const shapeField = { dimension: 1 } as const;
export const dimensionField = { value: 1, parameter: 2 } as const;

/** TensorProto.DataType. */
const dataTypes = {
  float32: 1,
  uint8: 2,
  int8: 3,
  uint16: 4,
  int16: 5,
  int32: 6,
  int64: 7,
  string: 8,
  bool: 9,
  float16: 10,
  float64: 11,
  uint32: 12,
  uint64: 13,
  bfloat16: 16,
} as const;

export type DataType = keyof typeof dataTypes;

export function codeOf(dtype: DataType): number {
  return dataTypes[dtype];
}

/** Undefined for a code that this reader does not know. */
export function dtypeOf(code: number): DataType | undefined {
  return (Object.keys(dataTypes) as DataType[]).find((dtype) => dataTypes[dtype] === code);
}

/** Bytes of one element; 0 where elements have no fixed size. */
export function sizeOf(dtype: DataType): number {
  return dtype === 'string' ? 0 : dtype === 'bool' ? 1 : Number(/\d+/.exec(dtype)?.[0]) / 8;
}
