import assert from 'node:assert/strict';
import { resolve } from 'node:path';
import { test } from 'node:test';
import { pathToFileURL } from 'node:url';
import { TopfiveError } from '../../src/errors.ts';
import { openObject, openStorage } from '../../src/storage/open.ts';

const usage = (message: RegExp) => (error: unknown) =>
  error instanceof TopfiveError && error.kind === 'usage' && message.test(error.message);

test('a path and its file URI open the same storage', () => {
  for (const path of ['.', 'some where/ä', '/tmp/x/']) {
    const { uri } = openStorage(path);
    assert.equal(uri, pathToFileURL(resolve(path)).href);
    assert.equal(openStorage(uri).uri, uri);
  }
});

test('what cannot be opened is refused with the reason', () => {
  assert.throws(() => openStorage('s3://bucket/prefix'), usage(/S3 storage is not built yet/));
  assert.throws(() => openStorage('https://host/x'), usage(/not https:\/\//));
  assert.throws(() => openStorage('file://host/x'), usage(/not the URI of a local path/));
  assert.throws(() => openStorage(''), usage(/not an empty text/));
});

test('an object is split into its storage and its key', () => {
  const split = (uri: string) => {
    const { storage, key } = openObject(uri);
    return [storage.uri, key];
  };
  const here = openStorage('.').uri;
  assert.deepEqual(split('list.txt'), [here, 'list.txt']);
  assert.deepEqual(split('a/b c.txt'), [`${here}/a`, 'b c.txt']);
  assert.deepEqual(split('/list.txt'), ['file:///', 'list.txt']);
  assert.deepEqual(split('file:///x/b%20c.txt'), ['file:///x', 'b c.txt']);
  assert.throws(() => openObject('folder/'), usage(/URI of a file/));
  assert.throws(() => openObject('..'), usage(/URI of a file/));
});
