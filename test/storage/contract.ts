/** What every storage must do; run against each implementation. */
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { Readable } from 'node:stream';
import { test } from 'node:test';
import fc from 'fast-check';
import { TopfiveError } from '../../src/errors.ts';
import type { Storage, StoredObject } from '../../src/storage/storage.ts';

export interface OpenedStorage {
  storage: Storage;
  /** Opens the same storage again, as another process would. */
  again: () => Storage;
  close: () => Promise<void>;
}

async function listed(storage: Storage, prefix: string): Promise<StoredObject[]> {
  const objects: StoredObject[] = [];
  for await (const object of storage.list(prefix)) objects.push(object);
  return objects;
}

const keysOf = async (storage: Storage, prefix: string) =>
  (await listed(storage, prefix)).map(({ key }) => key);

const ofKind = (kind: string) => (error: unknown) =>
  error instanceof TopfiveError && error.kind === kind;

export interface Subject {
  /** Gives an empty storage. */
  open: () => Promise<OpenedStorage>;
  /** Why the tests are skipped. */
  skip?: string | false;
}

export function storageContract(name: string, { open, skip = false }: Subject): void {
  const on = (fact: string, check: (opened: OpenedStorage) => Promise<void>) =>
    test(`${name}: ${fact}`, { skip }, async () => {
      const opened = await open();
      try {
        await check(opened);
      } finally {
        await opened.close();
      }
    });

  on('what is put is what another opener gets', async ({ storage, again }) => {
    const large = randomBytes(20 * 2 ** 20 + 3);
    assert.equal(await storage.put('deep/er/large.bin', large), true);
    assert.equal(await storage.put('text', 'grüße'), true);
    assert.equal(await storage.put('empty', ''), true);
    assert.ok((await again().get('deep/er/large.bin')).equals(large));
    assert.equal((await again().get('text')).toString(), 'grüße');
    assert.equal((await again().get('empty')).length, 0);
    assert.equal(await again().size('deep/er/large.bin'), large.length);
    assert.equal(await storage.size('empty'), 0);
  });

  on('a stream of any length becomes one object', async ({ storage, again }) => {
    const pieces = [1, 5_000_000, 0, 40_000_000, 777].map((bytes) => randomBytes(bytes));
    for (const count of [0, 1, 3, 5]) {
      const sent = pieces.slice(0, count);
      await storage.putStream('streamed', Readable.from(sent));
      assert.ok((await again().get('streamed')).equals(Buffer.concat(sent)));
    }
    const tail = Buffer.concat(pieces).subarray(44_999_990);
    assert.ok((await storage.range('streamed', 44_999_990, 10_000)).equals(tail));
  });

  on('a stream that breaks off leaves what was there before', async ({ storage }) => {
    async function* broken() {
      for (let piece = 0; piece < 5; piece++) yield randomBytes(10_000_000);
      throw new TopfiveError('storage', 'the source ended');
    }
    await assert.rejects(storage.putStream('broken', broken()), ofKind('storage'));
    assert.equal(await storage.size('broken'), undefined);
    await storage.put('broken', 'before');
    await assert.rejects(storage.putStream('broken', broken()), /the source ended/);
    assert.equal((await storage.get('broken')).toString(), 'before');
    assert.deepEqual(await keysOf(storage, ''), ['broken']);
  });

  on('other content is another version', async ({ storage, again }) => {
    assert.equal(await storage.version('key'), undefined);
    await storage.put('key', 'one');
    const first = await storage.version('key');
    assert.equal(await again().version('key'), first);
    await storage.put('key', 'two');
    assert.notEqual(await storage.version('key'), first);
  });

  on('a missing object has no size and cannot be read', async ({ storage }) => {
    await storage.put('folder/object', 'x');
    for (const key of ['nothing', 'folder', 'folder/object/below']) {
      assert.equal(await storage.size(key), undefined);
      await assert.rejects(storage.get(key), ofKind('not-found'));
      await assert.rejects(storage.range(key, 0, 1), ofKind('not-found'));
    }
  });

  on('a range is cut at the end of the object', async ({ storage }) => {
    await storage.put('digits', '0123456789');
    const range = async (offset: number, length: number) =>
      (await storage.range('digits', offset, length)).toString();
    assert.equal(await range(0, 10), '0123456789');
    assert.equal(await range(3, 4), '3456');
    assert.equal(await range(9, 1), '9');
    assert.equal(await range(8, 100), '89');
    assert.equal(await range(10, 5), '');
    assert.equal(await range(1000, 5), '');
    assert.equal(await range(4, 0), '');
  });

  on('keys may hold any text that makes a plain relative path', async ({ storage }) => {
    const keys = [
      'a b/c d.JPEG',
      'ä/é/ø',
      '日本/語',
      '😀.txt',
      'per%20cent',
      'plus+&=?#',
      '.hidden',
      '~',
      // In this order by code points, in the other by UTF-16 code units.
      '\uFB01',
      '\u{1F600}',
      'tab\t',
      '\u0001',
    ];
    for (const key of keys) await storage.put(key, key);
    for (const key of keys) assert.equal((await storage.get(key)).toString(), key);
    const inOrder = keys.map((key) => Buffer.from(key)).sort(Buffer.compare);
    assert.deepEqual(await keysOf(storage, ''), inOrder.map(String));
  });

  on('keys that are no plain relative path are refused', async ({ storage }) => {
    for (const key of [
      '',
      '/a',
      '../a',
      'a/../../b',
      'a/..',
      './a',
      'a//b',
      'a/',
      'a\0b',
      '\ud800',
      'x.topfive-partial',
    ]) {
      await assert.rejects(storage.put(key, 'x'), ofKind('usage'), key);
      await assert.rejects(storage.get(key), ofKind('usage'), key);
      await assert.rejects(storage.size(key), ofKind('usage'), key);
      await assert.rejects(storage.delete(key), ofKind('usage'), key);
    }
    await assert.rejects(keysOf(storage, '../'), ofKind('usage'));
    await assert.rejects(storage.folders('..'), ofKind('usage'));
    assert.deepEqual(await keysOf(storage, ''), []);
  });

  on('a listing of more than 1000 keys is whole and in order', async ({ storage }) => {
    const keys = Array.from({ length: 1203 }, (_, index) => `many/${(index * 7919) % 1203}`);
    for (let start = 0; start < keys.length; start += 100) {
      await Promise.all(keys.slice(start, start + 100).map((key) => storage.put(key, key)));
    }
    assert.deepEqual(
      await listed(storage, 'many/'),
      [...keys].sort().map((key) => ({ key, bytes: key.length })),
    );
  });

  on(
    'a listing is in the order of whole keys and holds every key with the prefix',
    async (opened) => {
      const { storage } = opened;
      const part = fc.constantFrom('a', 'a-', 'a.b', 'aa', 'b', 'B', 'é', '0');
      const key = fc
        .array(part, { minLength: 1, maxLength: 3 })
        .map((parts) => `${parts.map((text) => `${text}d`).join('/')}/f${parts.length}`);
      await fc.assert(
        fc.asyncProperty(fc.uniqueArray(key, { maxLength: 12 }), fc.nat(9), async (keys, cut) => {
          for (const one of await keysOf(storage, '')) await storage.delete(one);
          for (const one of keys) await storage.put(one, one);
          const prefix = (keys[0] ?? 'none').slice(0, cut);
          if (prefix !== '' && prefix.endsWith('//')) return;
          const expected = keys.filter((one) => one.startsWith(prefix)).sort();
          assert.deepEqual(await keysOf(storage, prefix), expected);
        }),
        { numRuns: 25 },
      );
    },
  );

  on('folders are named once, directly below the prefix', async ({ storage }) => {
    for (const key of ['b/1', 'a/x/1', 'a/x/2', 'a/y', 'c']) await storage.put(key, '');
    assert.deepEqual(await storage.folders(''), ['a', 'b']);
    assert.deepEqual(await storage.folders('a/'), ['x']);
    assert.deepEqual(await storage.folders('nowhere/'), []);
  });

  on('one of ten concurrent writers of an absent key wins', async ({ storage, again }) => {
    for (let round = 0; round < 10; round++) {
      const key = `race/${round}`;
      const texts = Array.from({ length: 10 }, (_, writer) => `${writer}`.repeat(10_000));
      const won = await Promise.all(
        texts.map((text, writer) =>
          (writer % 2 ? storage : again()).put(key, text, { ifAbsent: true }),
        ),
      );
      assert.equal(won.filter(Boolean).length, 1);
      assert.equal((await storage.get(key)).toString(), texts[won.indexOf(true)]);
      assert.equal(await storage.put(key, 'late', { ifAbsent: true }), false);
    }
    assert.equal((await keysOf(storage, '')).length, 10);
  });

  on('a reader sees the old object or the new one, never a mixture', async ({ storage }) => {
    const contents = [Buffer.alloc(300_000, 1), Buffer.alloc(200_000, 2)];
    await storage.put('swapped', contents[0]);
    const write = async () => {
      for (let turn = 1; turn <= 30; turn++) await storage.put('swapped', contents[turn % 2]);
    };
    let writing = true;
    const read = async () => {
      while (writing) {
        const seen = await storage.get('swapped');
        assert.ok(contents.some((content) => content.equals(seen)));
      }
    };
    const readers = Promise.all([read(), read()]);
    await write().finally(() => {
      writing = false;
    });
    await readers;
  });

  on('delete removes the object, and deleting nothing is no error', async ({ storage }) => {
    await storage.put('gone', 'x');
    await storage.delete('gone');
    await storage.delete('gone');
    await storage.delete('never/was');
    assert.equal(await storage.size('gone'), undefined);
    assert.equal(await storage.put('gone', 'y', { ifAbsent: true }), true);
  });

  on('deleteFolder removes what is under a folder, and nothing beside it', async ({ storage }) => {
    const inside = Array.from({ length: 20 }, (_, index) => `a/b/${index}/x`);
    for (const key of [...inside, 'a/bc', 'a/c/x']) await storage.put(key, 'x');
    await storage.deleteFolder('a/b/');
    await storage.deleteFolder('never/was/');
    assert.deepEqual(await keysOf(storage, ''), ['a/bc', 'a/c/x']);
    assert.deepEqual(await storage.folders('a/'), ['c']);
    for (const prefix of ['', 'a/c', '../', '/']) {
      await assert.rejects(storage.deleteFolder(prefix), ofKind('usage'), prefix);
    }
  });
}
