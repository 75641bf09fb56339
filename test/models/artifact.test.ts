import assert from 'node:assert/strict';
import { copyFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { test } from 'node:test';
import { BinaryWriter, WireType } from '@bufbuild/protobuf/wire';
import { TopfiveError } from '../../src/errors.ts';
import { checkArtifact, readArtifact } from '../../src/models/artifact.ts';
import { sha256 } from '../../src/storage/digest.ts';
import { writeTinyModel } from './tiny-model.ts';

async function inFolder(use: (folder: string) => Promise<void>): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'topfive-artifact-'));
  try {
    await use(folder);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** ModelProto.graph (7) . initializer (5) . external_data (13) { key 1, value 2 }, as onnx.proto3 numbers them. */
function modelWithExternalData(location: string): Uint8Array {
  const delimited = (field: number, bytes: Uint8Array) =>
    new BinaryWriter().tag(field, WireType.LengthDelimited).bytes(bytes).finish();
  const entry = new BinaryWriter();
  entry.tag(1, WireType.LengthDelimited).string('location');
  entry.tag(2, WireType.LengthDelimited).string(location);
  return delimited(7, delimited(5, delimited(13, entry.finish())));
}

test('an artifact of one file has the digest and size of that file', () =>
  inFolder(async (folder) => {
    const path = join(folder, 'tiny.onnx');
    await writeTinyModel(path, { side: 8, classes: 3 });
    const bytes = readFileSync(path);
    const { files, ...artifact } = await readArtifact(path);
    assert.deepEqual(artifact, { path, sha256: sha256(bytes), bytes: bytes.length });
    assert.deepEqual(
      files.map(({ name }) => name),
      ['tiny.onnx'],
    );
  }));

test('a change of the external data changes the digest, and the bytes of all files count', () =>
  inFolder(async (folder) => {
    const path = join(folder, 'large.onnx');
    const graph = modelWithExternalData('large.weights');
    writeFileSync(path, graph);
    writeFileSync(join(folder, 'large.weights'), 'one');
    const before = await readArtifact(path);
    assert.equal(before.bytes, graph.length + 3);
    writeFileSync(join(folder, 'large.weights'), 'two');
    assert.notEqual((await readArtifact(path)).sha256, before.sha256);
  }));

test('a missing weight file is named', () =>
  inFolder(async (folder) => {
    const path = join(folder, 'large.onnx');
    writeFileSync(path, modelWithExternalData('gone.weights'));
    await assert.rejects(readArtifact(path), (error) => {
      assert.ok(error instanceof TopfiveError && error.exitCode === 2);
      assert.match(error.message, /gone\.weights/);
      return true;
    });
  }));

test('a file that changed after submission is refused', () =>
  inFolder(async (folder) => {
    const path = join(folder, 'tiny.onnx');
    await writeTinyModel(path, { side: 8, classes: 3 });
    const artifact = await readArtifact(path);
    await checkArtifact(artifact);
    copyFileSync(resolve(import.meta.dirname, 'artifact.test.ts'), path);
    await assert.rejects(checkArtifact(artifact), /has changed since the run was submitted/);
  }));

test('files that were not touched are not read again, and those of another machine are', () =>
  inFolder(async (folder) => {
    const path = join(folder, 'tiny.onnx');
    await writeTinyModel(path, { side: 8, classes: 3 });
    const artifact = await readArtifact(path);
    await checkArtifact({ ...artifact, sha256: 'of another file' });
    const elsewhere = artifact.files.map(({ name }) => ({ name, stamp: 'of another disk' }));
    await checkArtifact({ ...artifact, files: elsewhere });
    await assert.rejects(
      checkArtifact({ ...artifact, sha256: 'of another file', files: elsewhere }),
      /has changed/,
    );
  }));
