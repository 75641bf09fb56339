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

test('a bucket and prefix open the same storage again', () => {
  assert.equal(openStorage('s3://bucket/a prefix/x%20/').uri, 's3://bucket/a prefix/x%20');
  assert.equal(openStorage('S3://bucket/').uri, 's3://bucket');
});

test('what cannot be opened is refused with the reason', () => {
  assert.throws(() => openStorage('s3://'), usage(/s3:\/\/BUCKET/));
  assert.throws(() => openStorage('s3://bucket/a//b'), usage(/without empty/));
  assert.throws(() => openStorage('s3://bucket/../b'), usage(/without empty/));
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
  assert.deepEqual(split('s3://bucket/a b/c%20.txt'), ['s3://bucket/a b', 'c%20.txt']);
  assert.deepEqual(split('s3://bucket/x.tar'), ['s3://bucket', 'x.tar']);
  assert.throws(() => openObject('s3://bucket'), usage(/URI of a file/));
  assert.throws(() => openObject('s3://bucket/folder/'), usage(/URI of a file/));
  assert.throws(() => openObject('folder/'), usage(/URI of a file/));
  assert.throws(() => openObject('..'), usage(/URI of a file/));
});
