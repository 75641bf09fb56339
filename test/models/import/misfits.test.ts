/** Checkpoints that do not fit: one error with the whole list, and nothing written. */
import assert from 'node:assert/strict';
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import type { TopfiveError } from '../../../src/errors.ts';
import type { Sized } from '../../../src/models/architectures/architecture.ts';
import { buildModel, networkOf } from '../../../src/models/build.ts';
import { importCheckpoint } from '../../../src/models/import/import-checkpoint.ts';

const folder = await mkdtemp(join(tmpdir(), 'topfive-misfits-'));
after(() => rm(folder, { recursive: true }));

const tiny: Sized = {
  architecture: { family: 'resnext', blocks: [1, 0, 0, 0], groups: 2, widthPerGroup: 1 },
  side: 32,
  classes: 3,
};

type Shapes = Map<string, readonly number[]>;

function tinyShapes(): Shapes {
  return new Map(networkOf(tiny).tensors.map(({ name, dims }) => [name, dims]));
}

/** As safetensors, full of zeros. */
async function write(shapes: Shapes): Promise<string> {
  const header: Record<string, object> = {};
  let end = 0;
  for (const [name, shape] of shapes) {
    const begin = end;
    end += 4 * shape.reduce((product, dim) => product * dim, 1);
    header[name] = { dtype: 'F32', shape, data_offsets: [begin, end] };
  }
  const json = Buffer.from(JSON.stringify(header));
  const prefix = Buffer.alloc(8);
  prefix.writeBigUInt64LE(BigInt(json.length));
  const path = join(folder, 'weights.safetensors');
  await writeFile(path, Buffer.concat([prefix, json, Buffer.alloc(end)]));
  return path;
}

async function importAndBuild(path: string): Promise<void> {
  const { weights, close } = await importCheckpoint(tiny, path);
  await buildModel(tiny, { path: join(folder, 'built.onnx'), weights }).finally(close);
}

async function refuse(shapes: Shapes, message: RegExp): Promise<void> {
  const path = await write(shapes);
  await assert.rejects(importAndBuild(path), { name: 'TopfiveError', kind: 'model', message });
  assert.deepEqual(await readdir(folder), ['weights.safetensors']);
}

test('one tensor too few', async () => {
  const shapes = tinyShapes();
  shapes.delete('layer1.0.bn2.running_var');
  await refuse(
    shapes,
    /does not fit the resnext asked for by the names of torchvision, which come nearest: missing 1 \("layer1\.0\.bn2\.running_var" \[2\]\); choose/,
  );
});

test('one tensor too many', async () => {
  await refuse(
    tinyShapes().set('head.bias', [4]),
    /nearest: not known 1 \("head\.bias" \[4\]\); choose/,
  );
});

test('one tensor in another shape', async () => {
  await refuse(
    tinyShapes().set('fc.weight', [5, 256]),
    /nearest: of another shape or type 1 \("fc\.weight" is float32 \[5, 256\], not \[3, 256\]\); choose/,
  );
});

test('all three at once are in one list', async () => {
  const shapes = tinyShapes().set('fc.bias', [5]).set('more', []);
  shapes.delete('conv1.weight');
  await refuse(
    shapes,
    /missing 1 \("conv1\.weight" \[64, 3, 7, 7\]\); not known 1 \("more" \[\]\); of another shape or type 1 \("fc\.bias"/,
  );
});

test('a long list is cut in the sentence, and whole in its details', async () => {
  const shapes: Shapes = new Map(Array.from({ length: 300 }, (_, index) => [`other${index}`, [1]]));
  const path = await write(shapes);
  await assert.rejects(importAndBuild(path), (error: TopfiveError) => {
    const { message, details } = error;
    const wanted = networkOf(tiny).tensors;
    assert.match(message, new RegExp(`missing ${wanted.length} \\(`));
    assert.match(message, /not known 300 \("other0" \[1\], .*"other4" \[1\], …\); choose/);
    assert.ok(message.length < 1000);
    assert.deepEqual(details, [
      ...wanted.map(({ name, dims }) => `missing: "${name}" [${dims.join(', ')}]`),
      ...Array.from({ length: 300 }, (_, index) => `not known: "other${index}" [1]`),
    ]);
    return true;
  });
});

test('a checkpoint of another model is told from its card', async () => {
  const path = await write(tinyShapes());
  await assert.rejects(importCheckpoint('EfficientNetB0', path), {
    kind: 'model',
    message: /does not fit EfficientNetB0 by the names of timm, which come nearest: missing 307/,
  });
});

test('a name that is long or full of control characters stays one short line', async () => {
  const shapes = tinyShapes().set(`\n\u001b[31m${'x'.repeat(3000)}`, [1]);
  const path = await write(shapes);
  await assert.rejects(importAndBuild(path), (error: Error) => {
    assert.match(error.message, /^[\x20-\x7e…]+$/);
    assert.ok(error.message.length < 600);
    return true;
  });
});

test('an id that is no card is refused before the file is opened', async () => {
  await assert.rejects(importCheckpoint('ResNet50', join(folder, 'none')), { kind: 'usage' });
});

test('a checkpoint that fits leaves one file behind', async () => {
  await importAndBuild(await write(tinyShapes()));
  assert.deepEqual(await readdir(folder), ['built.onnx', 'weights.safetensors']);
});
