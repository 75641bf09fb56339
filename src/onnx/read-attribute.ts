/** Reads the attributes of the nodes of an ONNX file. */
import { WireType } from '@bufbuild/protobuf/wire';
import { demand, int, list, message, readMessage, saturated, text } from './fields.ts';
import type { Attribute } from './graph.ts';
import { attributeField, attributeType } from './proto.ts';
import { type Initializer, readTensor } from './read-tensor.ts';

/** `unread` is the AttributeType of a kind that is not read: a graph, a list of texts. */
export type ReadAttribute = Attribute | { tensor: Initializer } | { unread: number };

/** @returns name and value */
export function readAttribute(bytes: Uint8Array): [string, ReadAttribute] {
  let name = '';
  let type = 0;
  let single = 0;
  let whole = 0;
  let characters = '';
  const tensors: Initializer[] = [];
  const integers: number[] = [];
  const floats: number[] = [];
  readMessage(bytes, {
    [attributeField.name]: text((value) => {
      name = value;
    }),
    [attributeField.type]: int((value) => {
      type = value;
    }),
    [attributeField.float]: (reader, wire) => {
      demand(wire, WireType.Bit32);
      single = reader.float();
    },
    [attributeField.int]: (reader, wire) => {
      demand(wire, WireType.Varint);
      whole = saturated(reader);
    },
    [attributeField.text]: text((value) => {
      characters = value;
    }),
    [attributeField.tensor]: message((value) => tensors.push(readTensor(value))),
    [attributeField.ints]: list(WireType.Varint, (reader) => integers.push(saturated(reader))),
    [attributeField.floats]: list(WireType.Bit32, (reader) => floats.push(reader.float())),
  });
  switch (type) {
    case attributeType.float:
      return [name, { float: single }];
    case attributeType.int:
      return [name, whole];
    case attributeType.text:
      return [name, characters];
    case attributeType.tensor:
      return [name, tensors.length === 1 ? { tensor: tensors[0] } : { unread: type }];
    case attributeType.ints:
      return [name, integers];
    case attributeType.floats:
      return [name, { floats }];
    default:
      return [name, { unread: type }];
  }
}
