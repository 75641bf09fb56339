import assert from 'node:assert/strict';
import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  appendFileSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { after, test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { TopfiveError } from '../../src/errors.ts';
import { openArtifactCache } from '../../src/storage/artifact-cache.ts';
import { sha256 } from '../../src/storage/digest.ts';

async function inFolder(use: (root: string) => Promise<void>): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'topfive-cache-'));
  try {
    await use(join(folder, 'made on demand'));
  } finally {
    rmSync(folder, { recursive: true });
  }
}

const keyOf = (name: string) => sha256(name);
const write = (name: string, text: string) => async (folder: string) =>
  writeFileSync(join(folder, name), text);
const never = async () => assert.fail('it is there already');
const kept = (root: string) => readdirSync(join(root, 'entries')).sort();
const remains = (root: string) =>
  ['making', 'locks'].flatMap((name) => readdirSync(join(root, name)));

const children: ChildProcessWithoutNullStreams[] = [];
after(() => {
  for (const child of children) child.kill('SIGKILL');
});

/** A program that asks for an entry once it is told to go. */
function ask(options: { root: string; key: string; log: string; hang?: boolean }) {
  const file = join(import.meta.dirname, 'cache-program.ts');
  const argument = JSON.stringify({ hang: false, ...options });
  const child = spawn(process.execPath, ['--import', 'tsx', file, argument]);
  children.push(child);
  const lines: string[] = [];
  createInterface({ input: child.stdout }).on('line', (line) => lines.push(line));
  createInterface({ input: child.stderr }).on('line', (line) => lines.push(`! ${line}`));
  return {
    child,
    async line(start: string): Promise<string> {
      for (;;) {
        const found = lines.find((text) => text.startsWith(start));
        if (found !== undefined) return found;
        assert.equal(child.exitCode, null, lines.join('\n'));
        await pause(10);
      }
    },
  };
}

async function end(child: ChildProcessWithoutNullStreams): Promise<void> {
  child.stdin.end();
  if (child.exitCode === null) await once(child, 'exit');
}

test('what is there is not made again, and its digests come with it', () =>
  inFolder(async (root) => {
    const cache = openArtifactCache({ root, limit: 1000 });
    assert.equal(await cache.find(keyOf('a')), undefined);
    const made = await cache.getOrMake(keyOf('a'), async (folder) => {
      writeFileSync(join(folder, 'b'), 'two');
      writeFileSync(join(folder, 'a'), 'one');
    });
    const again = await openArtifactCache({ root, limit: 1000 }).getOrMake(keyOf('a'), never);
    assert.equal(again.folder, made.folder);
    assert.deepEqual(
      again.files.map(({ name, bytes, sha256 }) => [name, bytes, sha256]),
      [
        ['a', 3, sha256('one')],
        ['b', 3, sha256('two')],
      ],
    );
    assert.equal(readFileSync(join(again.folder, 'b'), 'utf8'), 'two');
    assert.deepEqual(remains(root), []);
  }));

test('of many processes that want the same, one makes it', () =>
  inFolder(async (root) => {
    const log = `${root}.log`;
    const programs = Array.from({ length: 4 }, () => ask({ root, key: keyOf('a'), log }));
    await Promise.all(programs.map(({ line }) => line('ready')));
    for (const { child } of programs) child.stdin.write('go\n');
    const answers = await Promise.all(programs.map(({ line }) => line('got')));
    assert.deepEqual(answers, Array(4).fill(`got ${sha256('whole')}`));
    assert.equal(readFileSync(log, 'utf8').trim().split('\n').length, 1);
    await Promise.all(programs.map(({ child }) => end(child)));
    assert.deepEqual(remains(root), []);
    assert.deepEqual(readdirSync(join(root, 'uses', keyOf('a'))), []);
  }));

test('who waits for a process that is killed makes it itself, and nothing of the dead stays', () =>
  inFolder(async (root) => {
    const log = `${root}.log`;
    const first = ask({ root, key: keyOf('a'), log, hang: true });
    await first.line('ready');
    first.child.stdin.write('go\n');
    await first.line('making');
    const second = ask({ root, key: keyOf('a'), log });
    await second.line('ready');
    second.child.stdin.write('go\n');
    await second.line('waiting');
    first.child.kill('SIGKILL');
    assert.equal(await second.line('got'), `got ${sha256('whole')}`);
    await end(second.child);
    assert.deepEqual(remains(root), []);
  }));

test('two that ask in one process share the work', () =>
  inFolder(async (root) => {
    const cache = openArtifactCache({ root, limit: 1000 });
    let made = 0;
    const make = async (folder: string) => {
      made += 1;
      await pause(50);
      writeFileSync(join(folder, 'a'), 'one');
    };
    await Promise.all([cache.getOrMake(keyOf('a'), make), cache.getOrMake(keyOf('a'), make)]);
    assert.equal(made, 1);
  }));

test('when the making fails nothing stays, and the next may try', () =>
  inFolder(async (root) => {
    const cache = openArtifactCache({ root, limit: 1000 });
    const failing = cache.getOrMake(keyOf('a'), async (folder) => {
      writeFileSync(join(folder, 'a'), 'half');
      throw new TopfiveError('model', 'it is broken');
    });
    await assert.rejects(failing, /it is broken/);
    assert.deepEqual(remains(root), []);
    assert.equal(await cache.find(keyOf('a')), undefined);
    await cache.getOrMake(keyOf('a'), write('a', 'one'));
  }));

/** Three entries of 100 bytes, used one after the other. */
async function fill(root: string, { limit }: { limit: number }) {
  const cache = openArtifactCache({ root, limit });
  for (const [age, name] of ['a', 'b', 'c'].entries()) {
    const entry = await cache.getOrMake(keyOf(name), write(name, 'x'.repeat(100)));
    await entry.release();
    const used = new Date(Date.now() - 1000 * (10 - age));
    utimesSync(join(entry.folder, 'entry.json'), used, used);
  }
  return cache;
}

test('beyond its limit it removes what was not used for longest', () =>
  inFolder(async (root) => {
    const cache = await fill(root, { limit: 300 });
    await (await cache.find(keyOf('a')))?.release();
    await cache.getOrMake(keyOf('d'), write('d', 'x'.repeat(100)));
    assert.deepEqual(kept(root), ['a', 'c', 'd'].map(keyOf).sort());
  }));

test('what a living process uses is never removed, and what a dead one used is', () =>
  inFolder(async (root) => {
    const cache = await fill(root, { limit: 300 });
    const program = ask({ root, key: keyOf('a'), log: `${root}.log` });
    await program.line('ready');
    program.child.stdin.write('go\n');
    await program.line('got');
    const used = new Date(Date.now() - 20_000);
    utimesSync(join(root, 'entries', keyOf('a'), 'entry.json'), used, used);
    await (await cache.getOrMake(keyOf('d'), write('d', 'x'.repeat(100)))).release();
    assert.deepEqual(kept(root), ['a', 'c', 'd'].map(keyOf).sort());
    program.child.kill('SIGKILL');
    await once(program.child, 'exit');
    await cache.getOrMake(keyOf('e'), write('e', 'x'.repeat(100)));
    assert.deepEqual(kept(root), ['c', 'd', 'e'].map(keyOf).sort());
  }));

test('what cannot fit is refused in one sentence, and nothing in use goes for it', () =>
  inFolder(async (root) => {
    const cache = openArtifactCache({ root, limit: 1000 });
    await cache.getOrMake(keyOf('a'), write('a', 'one'));
    await assert.rejects(
      cache.getOrMake(keyOf('b'), write('b', 'x'.repeat(1000))),
      (error) => error instanceof TopfiveError && /TOPFIVE_CACHE_SIZE/.test(error.message),
    );
    assert.deepEqual(kept(root), [keyOf('a')]);
    assert.deepEqual(remains(root), []);
  }));

const damages = [
  ['changed', (path: string) => appendFileSync(path, 'more')],
  ['deleted', (path: string) => rmSync(path)],
] as const;

for (const [what, damage] of damages) {
  test(`a file that was ${what} is not given out, but made again`, () =>
    inFolder(async (root) => {
      const cache = openArtifactCache({ root, limit: 1000 });
      const { folder } = await cache.getOrMake(keyOf('a'), write('a', 'one'));
      damage(join(folder, 'a'));
      const again = await cache.getOrMake(keyOf('a'), write('a', 'one'));
      assert.equal(readFileSync(join(again.folder, 'a'), 'utf8'), 'one');
      assert.deepEqual(remains(root), []);
    }));
}

test('a file whose times alone changed is read again and stays', () =>
  inFolder(async (root) => {
    const cache = openArtifactCache({ root, limit: 1000 });
    const { folder } = await cache.getOrMake(keyOf('a'), write('a', 'one'));
    utimesSync(join(folder, 'a'), 1, 1);
    await cache.getOrMake(keyOf('a'), never);
  }));

test('a path in the cache can be held, and no other', () =>
  inFolder(async (root) => {
    const cache = openArtifactCache({ root, limit: 1000 });
    const { folder } = await cache.getOrMake(keyOf('a'), write('a', 'one'));
    assert.equal((await cache.hold(join(folder, 'a')))?.folder, folder);
    for (const path of ['/elsewhere', root, join(root, 'entries', 'a', 'b'), folder]) {
      assert.equal(await cache.hold(path), undefined);
    }
  }));

test('a place that cannot be written is one sentence that names the setting', async () => {
  const cache = openArtifactCache({ root: '/proc/nowhere', limit: 1000 });
  await assert.rejects(
    cache.getOrMake(keyOf('a'), write('a', 'one')),
    (error) => error instanceof TopfiveError && /TOPFIVE_CACHE\b/.test(error.message),
  );
  assert.ok(!existsSync('/proc/nowhere'));
});
