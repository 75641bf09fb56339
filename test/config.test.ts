import assert from 'node:assert/strict';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { readCacheSettings } from '../src/config.ts';

const rootOf = (env: NodeJS.ProcessEnv) => readCacheSettings(env).root;

test('the cache is where TOPFIVE_CACHE says, or else where XDG keeps caches', () => {
  assert.equal(rootOf({ TOPFIVE_CACHE: '/big/disk', XDG_CACHE_HOME: '/xdg' }), '/big/disk');
  assert.equal(rootOf({ XDG_CACHE_HOME: '/xdg' }), '/xdg/topfive');
  const usual = join(homedir(), '.cache/topfive');
  for (const XDG_CACHE_HOME of [undefined, '', 'relative']) {
    assert.equal(rootOf({ XDG_CACHE_HOME }), usual);
  }
});

test('the size of the cache is read with its unit, and anything else is refused', () => {
  const limitOf = (TOPFIVE_CACHE_SIZE?: string) => readCacheSettings({ TOPFIVE_CACHE_SIZE }).limit;
  assert.deepEqual(['500MB', '1.5 GB', '2TB', undefined].map(limitOf), [5e8, 1.5e9, 2e12, 32e9]);
  for (const text of ['32', 'GB', '-1GB', '1 PB', '1e3GB']) {
    assert.throws(() => limitOf(text), /TOPFIVE_CACHE_SIZE is a size such as/);
  }
});
