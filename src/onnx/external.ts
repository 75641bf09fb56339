/** Which other files an ONNX file keeps its weights in. */
import { message, readMessage, text } from './fields.ts';
import { graphField, modelField, tensorField } from './proto.ts';

/**
 * Names of the files with external data, each once, sorted; relative to the ONNX file's folder.
 * Reads initializers only; bytes that are no protobuf message name none.
 */
export function externalFiles(bytes: Uint8Array): string[] {
  const names = new Set<string>();
  const tensor = message((value) =>
    readMessage(value, {
      [tensorField.externalData]: message((entry) => {
        const { key, value: name } = readEntry(entry);
        if (key === 'location') names.add(name);
      }),
    }),
  );
  const graph = message((value) => readMessage(value, { [graphField.initializer]: tensor }));
  try {
    readMessage(bytes, { [modelField.graph]: graph });
  } catch {
    return [];
  }
  return [...names].sort();
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
