/** Reads what an ONNX file declares of its inputs and outputs. */
import { int, message, readMessage, text } from './fields.ts';
import type { Value } from './graph.ts';
import { dimensionField, shapeField, tensorTypeField, typeField, valueField } from './proto.ts';
import { elementType } from './read-tensor.ts';

/** @param bytes the content of a ValueInfoProto of a tensor */
export function readValue(bytes: Uint8Array): Value {
  let name = '';
  let code = 0;
  const dims: (number | string)[] = [];
  const shape = message((value) =>
    readMessage(value, {
      [shapeField.dimension]: message((dimension) => dims.push(readDimension(dimension))),
    }),
  );
  const tensor = message((value) =>
    readMessage(value, {
      [tensorTypeField.elementType]: int((type) => {
        code = type;
      }),
      [tensorTypeField.shape]: shape,
    }),
  );
  readMessage(bytes, {
    [valueField.name]: text((value) => {
      name = value;
    }),
    [valueField.type]: message((value) => readMessage(value, { [typeField.tensor]: tensor })),
  });
  return { name, dtype: elementType(code, name), dims };
}

/** A dimension with neither value nor name is open: ''. */
function readDimension(bytes: Uint8Array): number | string {
  let dimension: number | string = '';
  readMessage(bytes, {
    [dimensionField.value]: int((value) => {
      dimension = value;
    }),
    [dimensionField.parameter]: text((value) => {
      dimension = value;
    }),
  });
  return dimension;
}
