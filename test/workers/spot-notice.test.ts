import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { after, before, test } from 'node:test';
import { spotNotice } from '../../src/workers/spot-notice.ts';

/** Answers as the metadata service of EC2 does (IMDSv2). */
let isTaken = false;
let looks = 0;
const server = createServer((request, response) => {
  const isToken = request.url === '/latest/api/token';
  if (isToken && request.method === 'PUT') {
    response.end('a-token');
    return;
  }
  looks += 1;
  const knows = request.headers['x-aws-ec2-metadata-token'] === 'a-token';
  const isAsked = request.url === '/latest/meta-data/spot/instance-action';
  response.statusCode = !knows ? 401 : isAsked && isTaken ? 200 : 404;
  response.end(isTaken ? '{"action":"terminate","time":"2026-11-24T12:00:00Z"}' : '');
});
let service = '';
before(async () => {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  service = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
after(() => server.close());

test('a notice is seen once the host has one', async () => {
  const stop = new AbortController();
  const noticed = spotNotice({ service, signal: stop.signal, lookMs: 5 });
  let seen = false;
  noticed.then(() => {
    seen = true;
  });
  while (looks < 3) await new Promise((resolve) => setTimeout(resolve, 5));
  assert.equal(seen, false);
  isTaken = true;
  await noticed;
});

test('a host without metadata has no notice, and the looking ends when it is told to', async () => {
  const stop = new AbortController();
  const never = spotNotice({ service: 'http://127.0.0.1:9', signal: stop.signal, lookMs: 5 });
  const other = new Promise((resolve) => setTimeout(resolve, 60, 'none'));
  assert.equal(await Promise.race([never, other]), 'none');
  stop.abort();
});
