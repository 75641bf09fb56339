/** Protobuf fields as they stand in a message: one place of a file can be changed and all others copied. */
import { BinaryReader, BinaryWriter, WireType } from '@bufbuild/protobuf/wire';

export interface RawField {
  field: number;
  /** The whole field, its tag included. */
  raw: Uint8Array;
  /** The value of a field that has a length (a message, a text, bytes); empty for the others. */
  content: Uint8Array;
}

const nothing = new Uint8Array(0);

/** The fields of a message in their order; views on `bytes`, nothing is copied. */
export function rawFields(bytes: Uint8Array): RawField[] {
  const reader = new BinaryReader(bytes);
  const fields: RawField[] = [];
  while (reader.pos < reader.len) {
    const start = reader.pos;
    const [field, wire] = reader.tag();
    const content = wire === WireType.LengthDelimited ? reader.bytes() : nothing;
    if (wire !== WireType.LengthDelimited) reader.skip(wire, field);
    fields.push({ field, raw: bytes.subarray(start, reader.pos), content });
  }
  return fields;
}

/** What stands before the content of a field that has a length. */
export function fieldHead(field: number, length: number): Uint8Array {
  return new BinaryWriter().tag(field, WireType.LengthDelimited).uint32(length).finish();
}

/** The tag and the length of a field whose content is `parts`, and then the parts. */
export function nested(field: number, parts: readonly Uint8Array[]): Uint8Array[] {
  const length = parts.reduce((sum, part) => sum + part.length, 0);
  return [fieldHead(field, length), ...parts];
}

export function joined(parts: readonly Uint8Array[]): Uint8Array {
  return Buffer.concat(parts);
}
