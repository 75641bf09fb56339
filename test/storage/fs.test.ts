import assert from 'node:assert/strict';
import { mkdir, mkdtemp, readdir, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { TopfiveError } from '../../src/errors.ts';
import { openFs } from '../../src/storage/fs.ts';
import { openStorage } from '../../src/storage/open.ts';
import { storageContract } from './contract.ts';

storageContract('fs', {
  open: async () => {
    const folder = await mkdtemp(join(tmpdir(), 'topfive-fs-'));
    const storage = openFs(join(folder, 'made on demand'));
    return {
      storage,
      again: () => openStorage(storage.uri),
      close: () => rm(folder, { recursive: true }),
    };
  },
});

async function inFolder(check: (folder: string) => Promise<void>): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'topfive-fs-'));
  try {
    await check(folder);
  } finally {
    await rm(folder, { recursive: true });
  }
}

async function keysOf(root: string): Promise<string[]> {
  const keys: string[] = [];
  for await (const { key } of openFs(root).list('')) keys.push(key);
  return keys;
}

const ofKind = (kind: string, message?: RegExp) => (error: unknown) => {
  assert.ok(error instanceof TopfiveError);
  assert.equal(error.kind, kind);
  if (message) assert.match(error.message, message);
  return true;
};

test('an unwritable root is an output error of one sentence', () =>
  inFolder(async (folder) => {
    await writeFile(join(folder, 'file'), '');
    const storage = openFs(join(folder, 'file'));
    const refused = ofKind('output', /^\S+file\/key cannot be written \(.*\); choose .*\.$/);
    await assert.rejects(storage.put('key', 'x'), refused);
    await assert.rejects(storage.put('key', 'x', { ifAbsent: true }), refused);
    await assert.rejects(openFs('/proc/topfive').put('key', 'x'), ofKind('output'));
  }));

test('a folder in the place of an object is neither replaced nor taken for the object', () =>
  inFolder(async (folder) => {
    const storage = openFs(folder);
    await storage.put('taken/object', 'x');
    await assert.rejects(storage.put('taken', 'y'), ofKind('output'));
    await assert.rejects(storage.put('taken', 'y', { ifAbsent: true }), ofKind('output'));
    await assert.rejects(storage.delete('taken'), ofKind('output'));
    assert.deepEqual(await readdir(folder), ['taken']);
  }));

test('what a killed writer left is not listed and is no key', () =>
  inFolder(async (folder) => {
    const left = '.0b9c.topfive-partial';
    await writeFile(join(folder, left), 'half');
    await openFs(folder).put('whole', 'x');
    assert.deepEqual(await keysOf(folder), ['whole']);
    await assert.rejects(openFs(folder).get(left), ofKind('usage'));
  }));

test('links to files and folders are followed, and a loop is walked once', () =>
  inFolder(async (folder) => {
    await mkdir(join(folder, 'elsewhere'));
    await writeFile(join(folder, 'elsewhere', 'image'), 'x');
    await mkdir(join(folder, 'root', 'a.b'), { recursive: true });
    await writeFile(join(folder, 'root', 'a.b', 'f'), 'x');
    await symlink(join(folder, 'elsewhere'), join(folder, 'root', 'a'));
    await symlink(join(folder, 'elsewhere', 'image'), join(folder, 'root', 'a0'));
    await symlink('..', join(folder, 'root', 'a.b', 'loop'));
    assert.deepEqual(await keysOf(join(folder, 'root')), ['a.b/f', 'a/image', 'a0']);
    assert.deepEqual(await openFs(join(folder, 'root')).folders(''), ['a', 'a.b']);
  }));

test('a link to nowhere is an error, because skipping it would shorten a dataset', () =>
  inFolder(async (folder) => {
    await symlink('fetched-later', join(folder, 'image.jpg'));
    await assert.rejects(keysOf(folder), ofKind('not-found', /image\.jpg leads to no file/));
  }));

test('an absent root has no objects and no folders', async () => {
  const root = join(tmpdir(), 'topfive-never-made');
  assert.deepEqual(await keysOf(root), []);
  assert.deepEqual(await openFs(root).folders(''), []);
});

test('empty folders are named, though no key tells of them', () =>
  inFolder(async (folder) => {
    await mkdir(join(folder, 'empty'));
    assert.deepEqual(await openFs(folder).folders(''), ['empty']);
    assert.deepEqual(await keysOf(folder), []);
  }));
