/** Which other files an ONNX file keeps its weights in, and where in them. */
import { BinaryWriter, WireType } from '@bufbuild/protobuf/wire';
import { isSystemError } from '../errors.ts';
import { message, readMessage, text } from './fields.ts';
import { FileWindow } from './file-window.ts';
import { externalLocation, graphField, modelField, tensorField } from './proto.ts';
import { nested } from './raw-fields.ts';

/**
 * Names of the files with external data, each once, sorted; relative to the ONNX file's folder.
 * Reads what describes initializers and none of their values; bytes that are no protobuf message name none.
 */
export async function externalFiles(path: string): Promise<string[]> {
  const names = new Set<string>();
  const file = await FileWindow.open(path);
  try {
    for (const graph of file.contents(file.whole, modelField.graph)) {
      for (const tensor of file.contents(graph, graphField.initializer)) {
        for (const entry of file.contents(tensor, tensorField.externalData)) {
          const { key, value } = readEntry(file.read(entry));
          if (key === 'location') names.add(value);
        }
      }
    }
  } catch (error) {
    if (isSystemError(error, 'EIO')) throw error;
    return [];
  } finally {
    await file.close();
  }
  return [...names].sort();
}

export interface ExternalPlace {
  /** Relative to the ONNX file's folder. */
  location: string;
  /** In bytes. */
  offset: number;
  /** In bytes; left out, the rest of the file. */
  length?: number;
}

/**
 * Where a tensor's values lie outside of the ONNX file; undefined for one that holds them.
 * @param tensor the content of a TensorProto
 */
export function externalPlaceOf(tensor: Uint8Array): ExternalPlace | undefined {
  const entries = new Map<string, string>();
  readMessage(tensor, {
    [tensorField.externalData]: message((entry) => {
      const { key, value } = readEntry(entry);
      entries.set(key, value);
    }),
  });
  const location = entries.get('location');
  if (location === undefined) return undefined;
  const length = entries.get('length');
  return {
    location,
    offset: Number(entries.get('offset') ?? 0),
    ...(length !== undefined && { length: Number(length) }),
  };
}

/** The fields of a TensorProto that say where its values lie. */
export function encodeExternalPlace(place: ExternalPlace): Uint8Array[] {
  const entries = Object.entries(place).flatMap(([key, value]) => {
    const entry = new BinaryWriter().tag(1, WireType.LengthDelimited).string(key);
    entry.tag(2, WireType.LengthDelimited).string(String(value));
    return nested(tensorField.externalData, [entry.finish()]);
  });
  const where = new BinaryWriter().tag(tensorField.dataLocation, WireType.Varint);
  return [...entries, where.int64(externalLocation).finish()];
}

/** A StringStringEntryProto. */
function readEntry(bytes: Uint8Array): { key: string; value: string } {
  const entry = { key: '', value: '' };
  readMessage(bytes, {
    1: text((key) => {
      entry.key = key;
    }),
    2: text((value) => {
      entry.value = value;
    }),
  });
  return entry;
}
