/** ONNX files of networks whose weights lie in a file that does not exist: small, whatever the network. */
import { BinaryWriter, WireType } from '@bufbuild/protobuf/wire';
import type { Network, TensorSpec } from '../../src/models/architectures/network.ts';
import { inputName, outputName } from '../../src/models/architectures/network.ts';
import {
  codeOf,
  externalLocation,
  graphField,
  modelField,
  tensorField,
} from '../../src/onnx/proto.ts';
import { joined, nested, rawFields } from '../../src/onnx/raw-fields.ts';
import { writeOnnx } from '../../src/onnx/write.ts';

export function skeletonOf({ side, classes, tensors, nodes }: Network): Uint8Array {
  const model = writeOnnx({
    name: 'skeleton',
    inputs: [{ name: inputName, dtype: 'float32', dims: ['N', 3, side, side] }],
    outputs: [{ name: outputName, dtype: 'float32', dims: ['N', classes] }],
    weights: [],
    nodes: [...nodes],
  });
  const absent = tensors.flatMap((tensor) =>
    nested(graphField.initializer, [absentTensor(tensor)]),
  );
  return joined(
    rawFields(model).flatMap(({ field, raw, content }) =>
      field === modelField.graph ? nested(field, [content, ...absent]) : [raw],
    ),
  );
}

function absentTensor({ name, dims }: TensorSpec): Uint8Array {
  const writer = new BinaryWriter();
  for (const dim of dims) writer.tag(tensorField.dims, WireType.Varint).int64(dim);
  writer.tag(tensorField.dataType, WireType.Varint).int32(codeOf('float32'));
  writer.tag(tensorField.name, WireType.LengthDelimited).string(name);
  writer.tag(tensorField.externalData, WireType.LengthDelimited).fork();
  // A StringStringEntryProto: key and value.
  writer.tag(1, WireType.LengthDelimited).string('location');
  writer.tag(2, WireType.LengthDelimited).string('weights.bin').join();
  writer.tag(tensorField.dataLocation, WireType.Varint).int32(externalLocation);
  return writer.finish();
}
