import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import pg from 'pg';
import { redisOptions } from '../../src/queue/redis-client.ts';
import {
  engineKind,
  postgresSocketUrl,
  redactMessage,
  redactUrl,
  unixUrl,
} from '../../src/queue/url.ts';

test('the scheme says which server it is, and any other is refused', () => {
  for (const url of ['redis://h', 'rediss://h', 'unix:///s'])
    assert.equal(engineKind(url), 'redis');
  for (const url of ['postgres://h/d', 'postgresql://h/d']) {
    assert.equal(engineKind(url), 'postgres');
  }
  assert.throws(() => engineKind('amqp://guest:secret@host'), /"amqp:\/\/guest:\*\*\*@host"/);
  assert.throws(() => engineKind('localhost'), /"localhost"/);
});

test('no password is ever shown', () => {
  const passwords = fc
    .stringMatching(/^[!-~]{3,20}$/)
    .filter((password) => !'redis://user:***@host:6379/0 ***'.includes(password));
  fc.assert(
    fc.property(passwords, (password) => {
      const url = `redis://user:${encodeURIComponent(password)}@host:6379/0`;
      assert.equal(redactUrl(url), 'redis://user:***@host:6379/0');
      assert.ok(!redactMessage(`refused ${password}`, url).includes(password));
    }),
  );
  const both = 'redis+sentinel://u:hunter2@h,i/zoo?sentinelPassword=hunter3';
  assert.equal(redactUrl(both), 'redis+sentinel://u:***@h,i/zoo?sentinelPassword=***');
  assert.equal(redactMessage('not hunter2, nor hunter3', both), 'not ***, nor ***');
  assert.equal(redactUrl('postgres://h/d?password=p&user=u'), 'postgres://h/d?password=***&user=u');
});

test('a Redis URL becomes the options of its client', () => {
  const { retryStrategy, reconnectOnError, connectTimeout, ...remote } = redisOptions(
    'rediss://u:p%40@[::1]:7/2',
  );
  assert.equal(connectTimeout, 5000);
  assert.equal(reconnectOnError(new Error('READONLY You can not write')), 2);
  assert.equal(reconnectOnError(new Error('WRONGTYPE')), false);
  assert.deepEqual(remote, { host: '::1', port: 7, tls: {}, username: 'u', password: 'p@', db: 2 });
  const local = redisOptions(`${unixUrl('/tmp/with space/redis.sock')}?db=3&password=p%40`);
  assert.ok('path' in local);
  assert.deepEqual([local.path, local.db, local.password], ['/tmp/with space/redis.sock', 3, 'p@']);
  assert.deepEqual([1, 2, 20].map(retryStrategy), [50, 100, 2000]);
});

test('sentinels name a master, and take a login of their own', () => {
  const { sentinels, name, db, username, password, sentinelPassword, host, tls } = redisOptions(
    'redis+sentinel://u:p%40@a:1,[::2],c/my%20zoo/3?sentinelPassword=s',
  );
  assert.deepEqual(sentinels, [
    { host: 'a', port: 1 },
    { host: '::2', port: 26_379 },
    { host: 'c', port: 26_379 },
  ]);
  assert.deepEqual([name, db, username, password], ['my zoo', 3, 'u', 'p@']);
  assert.deepEqual([sentinelPassword, host, tls], ['s', undefined, undefined]);
  const { sentinelTLS, enableTLSForSentinelMode } = redisOptions('rediss+sentinel://a/zoo');
  assert.deepEqual([sentinelTLS, enableTLSForSentinelMode], [{}, true]);
  assert.throws(() => redisOptions('redis+sentinel://:secret@a'), /:\*\*\*@a .* the master's name/);
});

test('some nodes of a cluster name it, and it has no databases', () => {
  const { nodes, password, tls, host } = redisOptions('rediss+cluster://:p@a,b:2/');
  assert.deepEqual(nodes, [
    { host: 'a', port: 6379 },
    { host: 'b', port: 2 },
  ]);
  assert.deepEqual([password, tls, host], ['p', {}, undefined]);
  assert.throws(() => redisOptions('redis+cluster://a/1'), /a cluster has no databases/);
});

test('a Postgres socket’s URL is understood by its client', () => {
  const { host, port, user, database } = new pg.Client(postgresSocketUrl('/tmp/a b'));
  assert.deepEqual([host, port, user, database], ['/tmp/a b', 5432, 'topfive', 'postgres']);
});
