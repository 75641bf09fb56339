import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import pg from 'pg';
import { redisOptions } from '../../src/queue/backend.ts';
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
  assert.equal(redactUrl('postgres://h/d?password=p&user=u'), 'postgres://h/d?password=***&user=u');
});

test('a Redis URL becomes the options of its client', () => {
  const { retryStrategy, connectTimeout, ...remote } = redisOptions('rediss://u:p%40@[::1]:7/2');
  assert.equal(connectTimeout, 5000);
  assert.deepEqual(remote, { host: '::1', port: 7, tls: {}, username: 'u', password: 'p@', db: 2 });
  const local = redisOptions(`${unixUrl('/tmp/with space/redis.sock')}?db=3&password=p%40`);
  assert.ok('path' in local);
  assert.deepEqual([local.path, local.db, local.password], ['/tmp/with space/redis.sock', 3, 'p@']);
  assert.deepEqual([1, 2, 20].map(retryStrategy), [50, 100, 2000]);
});

test('a Postgres socket’s URL is understood by its client', () => {
  const { host, port, user, database } = new pg.Client(postgresSocketUrl('/tmp/a b'));
  assert.deepEqual([host, port, user, database], ['/tmp/a b', 5432, 'topfive', 'postgres']);
});
