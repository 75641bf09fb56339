/** Models of gigabytes lie in files with holes, which take no room on disk. */
import assert from 'node:assert/strict';
import { mkdtemp, open, readFile, rm, symlink, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { BinaryWriter, WireType } from '@bufbuild/protobuf/wire';
import fc from 'fast-check';
import { TopfiveError } from '../../src/errors.ts';
import { buildModel } from '../../src/models/build.ts';
import { GraphBuilder } from '../../src/onnx/graph.ts';
import { costOfImage, openGraph } from '../../src/onnx/graph-file.ts';
import { outlineOnnx } from '../../src/onnx/outline.ts';
import { graphField, modelField, tensorField } from '../../src/onnx/proto.ts';
import { joined, nested, rawFields } from '../../src/onnx/raw-fields.ts';
import { readOnnx } from '../../src/onnx/read.ts';
import { openClassifier } from '../../src/onnx/session.ts';
import { streamOnnx } from '../../src/onnx/write-stream.ts';
import { writeWithExternalData } from './external-data.ts';

const folder = await mkdtemp(join(tmpdir(), 'topfive-outline-'));
after(() => rm(folder, { recursive: true }));

const side = 64;
const network = join(folder, 'network.onnx');
await buildModel(
  {
    architecture: {
      family: 'efficientnet',
      width: 0.1,
      depth: 0.1,
      squeezeExcite: true,
      padding: 'same',
    },
    side,
    classes: 1000,
  },
  { path: network, weights: { seed: 3 } },
);
const image = Float32Array.from({ length: 3 * side * side }, (_, index) => (index % 97) / 50 - 1);

async function logitsOf(path: string): Promise<Float32Array> {
  const session = await openClassifier(path, { threads: 1, device: 'cpu' });
  return session.run(image, 1).finally(() => session.close());
}

test('an outline is a model that computes the same, from weights that stay in the file', async () => {
  const { size, bytes } = await outlineOnnx(network);
  const whole = await readFile(network);
  assert.equal(size, whole.length);
  const outlined = readOnnx(bytes, 'outline').graph.initializers;
  const stored = readOnnx(whole, network).graph.initializers;
  const shapes = (tensors: typeof stored) => tensors.map(({ data, ...rest }) => rest);
  assert.deepEqual(shapes(outlined), shapes(stored));
  const large = stored.filter(({ data }) => data!.length > 8192);
  assert.ok(large.length > 5);
  assert.equal(outlined.filter(({ data }) => data === null).length, large.length);
  // Beside the file, whose name its tensors bear.
  const path = join(folder, 'outline.onnx');
  await writeFile(path, bytes);
  assert.deepEqual(await logitsOf(path), await logitsOf(network));
});

test('weights that lie in another file stay there', async () => {
  const path = join(folder, 'apart.onnx');
  await writeWithExternalData(path, { model: await readFile(network), location: 'apart.data' });
  const { bytes } = await outlineOnnx(path);
  assert.deepEqual(Buffer.from(bytes), await readFile(path));
});

/** The file with the elements of each tensor in the field of their type, packed or one by one. */
async function typedFile(packed: boolean): Promise<string> {
  const path = join(folder, `typed-${packed}.onnx`);
  const retyped = (tensor: Uint8Array) =>
    rawFields(tensor).flatMap(({ field, raw, content }) => {
      if (field !== tensorField.rawData) return [raw];
      if (packed) return nested(tensorField.floatData, [content]);
      const view = new DataView(content.buffer, content.byteOffset, content.byteLength);
      const writer = new BinaryWriter();
      for (let at = 0; at < content.length; at += 4) {
        writer.tag(tensorField.floatData, WireType.Bit32).float(view.getFloat32(at, true));
      }
      return [writer.finish()];
    });
  const parts = rawFields(await readFile(network)).flatMap(({ field, raw, content }) =>
    field === modelField.graph
      ? nested(
          field,
          rawFields(content).flatMap((each) =>
            each.field === graphField.initializer
              ? nested(each.field, retyped(each.content))
              : [each.raw],
          ),
        )
      : [raw],
  );
  await writeFile(path, joined(parts));
  return path;
}

for (const packed of [true, false]) {
  test(`elements that are ${packed ? 'packed' : 'one by one'} in the field of their type compute the same`, async () => {
    const path = await typedFile(packed);
    const { size, bytes } = await outlineOnnx(path);
    assert.equal(bytes.length < size / 2, packed);
    const outline = join(folder, `outline-typed-${packed}.onnx`);
    await writeFile(outline, bytes);
    assert.deepEqual(await logitsOf(outline), await logitsOf(network));
  });
}

test('a file that was cut or changed is outlined or refused, and nothing else happens', async () => {
  const whole = await readFile(network);
  const path = join(folder, 'broken.onnx');
  const place = fc.nat(whole.length - 1);
  await fc.assert(
    fc.asyncProperty(place, place, fc.nat(255), async (end, at, byte) => {
      const bytes = Buffer.from(whole.subarray(0, end));
      if (at < end) bytes[at] = byte;
      await writeFile(path, bytes);
      const error = await openGraph(path).catch((refusal: unknown) => refusal);
      if (error instanceof Error) {
        assert.ok(error instanceof TopfiveError, String(error));
        assert.match(error.message, /broken\.onnx is not a well-formed ONNX file: /);
      }
    }),
    { numRuns: 60 },
  );
});

test('a tensor with another number of bytes than its shape needs is refused', async () => {
  const path = join(folder, 'short.onnx');
  const parts = rawFields(await readFile(network)).flatMap(({ field, raw, content }) =>
    field === modelField.graph
      ? nested(
          field,
          rawFields(content).flatMap((each) =>
            each.field === graphField.initializer
              ? nested(
                  each.field,
                  rawFields(each.content).flatMap((one) =>
                    one.field === tensorField.rawData && one.content.length > 16384
                      ? nested(one.field, [one.content.subarray(4)])
                      : [one.raw],
                  ),
                )
              : [each.raw],
          ),
        )
      : [raw],
  );
  await writeFile(path, joined(parts));
  await assert.rejects(openGraph(path), /need \d+ bytes, but \d+ are there/);
});

/** A linear classifier of `inner` features, all zero, with its weights in holes of the file. */
async function hollowFile(name: string, inner: number): Promise<string> {
  const builder = new GraphBuilder('linear');
  const images = builder.input('images', ['N', 3, 2, 2]);
  const pixels = builder.node('Flatten', [images]);
  const features = builder.node('MatMul', [pixels, 'spread']);
  builder.output('logits', builder.node('MatMul', [features, 'gather']), ['N', 10]);
  const { weights: _, ...graph } = builder.graph;
  const tensors = [
    { name: 'spread', dims: [12, inner] },
    { name: 'gather', dims: [inner, 10] },
  ];
  const path = join(folder, name);
  const file = await open(path, 'w');
  let position = 0;
  const { length, chunks } = streamOnnx(
    { ...graph, tensors },
    ({ dims }) => new Float32Array(dims[0] * dims[1]),
  );
  for await (const chunk of chunks) {
    if (chunk.length < 1e6) await file.write(chunk, 0, chunk.length, position);
    position += chunk.length;
  }
  await file.truncate(length);
  await file.close();
  return path;
}

test('the cost of a file of nearly 2 GiB is counted in a few megabytes of memory', async () => {
  const inner = 24_000_000;
  const path = await hollowFile('hollow.onnx', inner);
  const before = process.memoryUsage.rss();
  const { macs, params } = costOfImage(await openGraph(path));
  assert.deepEqual([macs, params], [22 * inner, 22 * inner]);
  assert.ok(process.memoryUsage.rss() - before < 64e6);
});

test('a large file opens, through a link too, with its weights left in it, normalised in the graph or not', async () => {
  const file = await hollowFile('large.onnx', 3_000_000);
  const path = join(await mkdtemp(join(folder, 'links-')), 'link.onnx');
  await symlink(file, path);
  const normalisation = {
    layout: 'nchw',
    channelOrder: 'rgb',
    scale: 1 / 255,
    mean: [0, 0, 0],
    std: [1, 1, 1],
  } as const;
  for (const place of [undefined, normalisation]) {
    const session = await openClassifier(path, {
      threads: 1,
      device: 'cpu',
      normalisation: place,
    });
    const batch = place ? new Uint8Array(12).fill(9) : new Float32Array(12).fill(9);
    assert.deepEqual(await session.run(batch, 1), new Float32Array(10));
    await session.close();
  }
});

test('a file beyond 2 GiB is refused', async () => {
  const path = join(folder, 'beyond.onnx');
  await writeFile(path, '');
  await truncate(path, 2 ** 31);
  await assert.rejects(openGraph(path), /larger than 2 GiB.*a file beside it/);
});
