/** Reads protobuf fields strictly: a known field must have its wire type, an unknown one is skipped. */
import { BinaryReader, WireType } from '@bufbuild/protobuf/wire';

type Read = (reader: BinaryReader, wire: WireType) => void;

/** Calls the reader of each known field; unknown fields are skipped, as the format demands. */
export function readMessage(bytes: Uint8Array, fields: Record<number, Read>): void {
  const reader = new BinaryReader(bytes);
  while (reader.pos < reader.len) {
    const [field, wire] = reader.tag();
    if (Object.hasOwn(fields, field)) {
      fields[field](reader, wire);
    } else {
      reader.skip(wire, field);
    }
  }
}

export function demand(wire: WireType, wanted: WireType): void {
  if (wire !== wanted) {
    throw new Error(`a field has wire type ${wire} where ${wanted} was expected`);
  }
}

export function readInt(reader: BinaryReader): number {
  const value = Number(reader.int64());
  if (!Number.isSafeInteger(value)) {
    throw new Error(`an integer is too large (${value})`);
  }
  return value;
}

/** Attributes say "to the end" with the largest int64, which a number cannot hold. */
export function saturated(reader: BinaryReader): number {
  const value = Number(reader.int64());
  return Math.max(Number.MIN_SAFE_INTEGER, Math.min(Number.MAX_SAFE_INTEGER, value));
}

export function int(take: (value: number) => void): Read {
  return (reader, wire) => {
    demand(wire, WireType.Varint);
    take(readInt(reader));
  };
}

export function text(take: (value: string) => void): Read {
  return (reader, wire) => {
    demand(wire, WireType.LengthDelimited);
    take(reader.string());
  };
}

/** The text of one field of a message; empty where the field is left out. */
export function textIn(bytes: Uint8Array, field: number): string {
  let found = '';
  readMessage(bytes, {
    [field]: text((value) => {
      found = value;
    }),
  });
  return found;
}

export function message(take: (value: Uint8Array) => void): Read {
  return (reader, wire) => {
    demand(wire, WireType.LengthDelimited);
    take(reader.bytes());
  };
}

/** A repeated number, packed or one by one: files come both ways. */
export function list(element: WireType, take: (reader: BinaryReader) => void): Read {
  return (reader, wire) => {
    if (wire === element) {
      take(reader);
      return;
    }
    demand(wire, WireType.LengthDelimited);
    const packed = new BinaryReader(reader.bytes());
    while (packed.pos < packed.len) {
      take(packed);
    }
  };
}
