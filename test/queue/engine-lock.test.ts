import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { lockName, readEngineLock, tryEngineLock } from '../../src/queue/engine-lock.ts';
import { makeDirectory, runProgram } from './harness.ts';

/** The record of a process that has ended. */
function deadRecord(id: string) {
  const { pid } = spawnSync('true');
  const owner = { id, pid, startTime: '1', host: hostname() };
  const note = { kind: 'redis', url: 'unix:///gone', server: null };
  return JSON.stringify({ ...owner, note });
}

/** A directory without a lock, with that of a dead owner, or with successors that died halfway as well. */
function plantLocks(directory: string, deaths: number): void {
  mkdirSync(directory);
  for (let death = 0; death < deaths; death++) {
    const name = death === 0 ? lockName : `${lockName}.dead-${death - 1}`;
    writeFileSync(join(directory, name), deadRecord(`dead-${death}`));
  }
}

test('of ten processes that race for a lock, exactly one gets it, whoever died before', async () => {
  const { path, remove } = makeDirectory();
  const directories = Array.from({ length: 60 }, (_, index) => join(path, String(index)));
  for (const [index, directory] of directories.entries()) plantLocks(directory, index % 4);
  const others = Array.from({ length: 10 }, () => runProgram('lock-program', { directories }));
  await Promise.all(others.map((other) => other.line('ready')));
  for (const { child } of others) child.stdin.write('go\n');
  const owned = await Promise.all(others.map((other) => other.line('owned')));
  const winners = owned.flatMap((line) => JSON.parse(line.slice('owned '.length)) as number[]);
  assert.deepEqual(
    winners.sort((a, b) => a - b),
    directories.map((_, index) => index),
  );
  for (const directory of directories) {
    const pid = readEngineLock(directory)?.pid;
    assert.ok(others.some(({ child }) => child.pid === pid));
    assert.deepEqual(readdirSync(directory), [lockName]);
  }
  for (const { child } of others) child.stdin.end();
  await Promise.all(others.map(({ exited }) => exited));
  remove();
});

test('a successor is told who died, and a release leaves nothing', () => {
  const { path, remove } = makeDirectory();
  writeFileSync(join(path, lockName), deadRecord('gone'));
  const lock = tryEngineLock(path, 'postgres');
  assert.equal(lock?.predecessor?.id, 'gone');
  lock?.update({ url: 'unix:///here' });
  assert.deepEqual(
    [readEngineLock(path)?.url, readEngineLock(path)?.kind],
    ['unix:///here', 'postgres'],
  );
  assert.equal(tryEngineLock(path, 'redis'), undefined);
  lock?.release();
  assert.deepEqual(readdirSync(path), []);
  remove();
});

test('a release of a lock that somebody else has taken meanwhile changes nothing', () => {
  const { path, remove } = makeDirectory();
  const lock = tryEngineLock(path, 'redis');
  writeFileSync(join(path, lockName), deadRecord('other'));
  lock?.update({ url: 'unix:///mine' });
  lock?.release();
  assert.deepEqual(
    [readEngineLock(path)?.id, readEngineLock(path)?.url],
    ['other', 'unix:///gone'],
  );
  remove();
});
