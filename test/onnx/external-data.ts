/** Moves the weights of an ONNX file into a file beside it, as exporters do with more than two gigabytes. */
import { writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { encodeExternalPlace } from '../../src/onnx/external.ts';
import { graphField, modelField, tensorField } from '../../src/onnx/proto.ts';
import { joined, nested, rawFields } from '../../src/onnx/raw-fields.ts';

/** Writes `model` to `path` with all raw weights in the file `location` beside it. */
export async function writeWithExternalData(
  path: string,
  { model, location }: { model: Uint8Array; location: string },
): Promise<void> {
  const data: Uint8Array[] = [];
  const parts = rawFields(model).flatMap(({ field, raw, content }) =>
    field === modelField.graph
      ? nested(
          field,
          rawFields(content).flatMap((each) =>
            each.field === graphField.initializer
              ? nested(each.field, moveOut(each.content, { location, data }))
              : [each.raw],
          ),
        )
      : [raw],
  );
  await writeFile(path, joined(parts));
  await writeFile(join(dirname(path), location), joined(data));
}

function moveOut(
  tensor: Uint8Array,
  { location, data }: { location: string; data: Uint8Array[] },
): Uint8Array[] {
  return rawFields(tensor).flatMap(({ field, raw, content }) => {
    if (field !== tensorField.rawData) return [raw];
    const offset = data.reduce((sum, { length }) => sum + length, 0);
    data.push(content);
    return encodeExternalPlace({ location, offset, length: content.length });
  });
}
