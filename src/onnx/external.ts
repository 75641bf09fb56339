/** Which other files an ONNX file keeps its weights in. */
import { isSystemError } from '../errors.ts';
import { readMessage, text } from './fields.ts';
import { FileWindow } from './file-window.ts';
import { graphField, modelField, tensorField } from './proto.ts';

/**
 * Names of the files with external data, each once, sorted; relative to the ONNX file's folder.
 * Reads what describes initializers and none of their values; bytes that are no protobuf message name none.
 */
export async function externalFiles(path: string): Promise<string[]> {
  const names = new Set<string>();
  const file = await FileWindow.open(path);
  try {
    for (const graph of file.fields(file.whole, modelField.graph)) {
      for (const tensor of file.fields(graph, graphField.initializer)) {
        for (const entry of file.fields(tensor, tensorField.externalData)) {
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
