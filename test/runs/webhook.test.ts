import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { createServer, type IncomingHttpHeaders } from 'node:http';
import { after, beforeEach, test } from 'node:test';
import { createProxy } from 'proxy';
import { isPublic, resolvePublic } from '../../src/runs/public-address.ts';
import { checkWebhook, sendWebhook } from '../../src/runs/webhook.ts';
import { close, listen } from '../storage/web-server.ts';

interface Received {
  method: string | undefined;
  url: string | undefined;
  headers: IncomingHttpHeaders;
  body: string;
}

/** Answers in turn, then 200. */
const answers: { status: number; headers?: Record<string, string> }[] = [];
const received: Received[] = [];
const server = createServer(async (request, answer) => {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk);
  const { method, url, headers } = request;
  received.push({ method, url, headers, body: Buffer.concat(chunks).toString() });
  const { status, headers: more } = answers.shift() ?? { status: 200 };
  answer.writeHead(status, more).end('ok');
});
const base = await listen(server);
const port = new URL(base).port;
after(() => close(server));
beforeEach(() => {
  answers.length = 0;
  received.length = 0;
});

const message = { text: 'pass: small: every answer is the same.' };
const here = { url: `${base}/hook`, secret: undefined, allowPrivate: true, waits: [1, 2] };

test('a message arrives as JSON with text, once', async () => {
  const delivery = await sendWebhook(message, here);
  assert.deepEqual(delivery, {
    host: `127.0.0.1:${port}`,
    delivered: true,
    attempts: 1,
    reason: null,
  });
  const [{ method, url, headers, body }] = received;
  assert.deepEqual([method, url, headers['content-type']], ['POST', '/hook', 'application/json']);
  assert.deepEqual(JSON.parse(body), message);
  assert.equal(headers['webhook-signature'], undefined);
});

for (const [secret, key] of [
  ['plain text', Buffer.from('plain text')],
  [
    'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw',
    Buffer.from('MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw', 'base64'),
  ],
] as const) {
  test(`a message is signed with its id and its time by the secret "${secret.slice(0, 6)}…"`, async () => {
    await sendWebhook(message, { ...here, secret });
    const [{ headers, body }] = received;
    const { 'webhook-id': id, 'webhook-timestamp': time, 'webhook-signature': signature } = headers;
    assert.ok(Math.abs(Number(time) - Date.now() / 1000) < 60);
    const expected = createHmac('sha256', key).update(`${id}.${time}.${body}`).digest('base64');
    assert.equal(signature, `v1,${expected}`);
  });
}

test('a server that is busy is asked again, with the same id', async () => {
  answers.push({ status: 503 }, { status: 429, headers: { 'retry-after': '0' } });
  const { delivered, attempts } = await sendWebhook(message, here);
  assert.deepEqual([delivered, attempts], [true, 3]);
  assert.equal(new Set(received.map(({ headers }) => headers['webhook-id'])).size, 1);
});

test('a server that stays broken is given up, and the reason said', async () => {
  answers.push({ status: 500 }, { status: 502 }, { status: 503 });
  const { delivered, attempts, reason } = await sendWebhook(message, here);
  assert.deepEqual([delivered, attempts], [false, 3]);
  assert.match(reason ?? '', /^it answered 503/);
});

test('a refusal is not repeated, nor is a wait longer than a minute', async () => {
  answers.push({ status: 404 });
  assert.equal((await sendWebhook(message, here)).attempts, 1);
  answers.push({ status: 429, headers: { 'retry-after': '3600' } });
  assert.equal((await sendWebhook(message, here)).attempts, 1);
});

test('a redirect is not followed', async () => {
  answers.push({ status: 307, headers: { location: `${base}/elsewhere` } });
  const { delivered, reason } = await sendWebhook(message, here);
  assert.equal(delivered, false);
  assert.match(reason ?? '', /^it answered 307/);
  assert.deepEqual(
    received.map(({ url }) => url),
    ['/hook'],
  );
});

test('a server that is not there is asked again and then given up', async () => {
  const gone = createServer();
  const url = await listen(gone);
  await close(gone);
  const { attempts, reason } = await sendWebhook(message, { ...here, url });
  assert.equal(attempts, 3);
  assert.match(reason ?? '', /cannot be reached: .*ECONNREFUSED/);
});

for (const host of [
  '127.0.0.1',
  '2130706433',
  '0x7f.1',
  '[::1]',
  '[::ffff:127.0.0.1]',
  'localhost',
]) {
  test(`nothing is sent to ${host} unless private addresses are allowed`, async () => {
    const { delivered, attempts, reason } = await sendWebhook(message, {
      ...here,
      url: `http://${host}:${port}/hook`,
      allowPrivate: false,
    });
    assert.deepEqual([delivered, attempts, received.length], [false, 1, 0]);
    assert.match(reason ?? '', /no public address; TOPFIVE_WEBHOOK_ALLOW_PRIVATE=true/);
  });
}

test('a name is asked at the addresses that were checked, with its own name as host', async () => {
  await sendWebhook(message, { ...here, url: `http://localhost:${port}/hook` });
  assert.equal(received[0].headers.host, `localhost:${port}`);
});

test('private, local, shared, reserved and mapped addresses are not public', () => {
  const barred = [
    ...['10.1.2.3', '172.16.0.1', '192.168.1.1', '127.8.8.8', '169.254.169.254', '0.0.0.0'],
    ...['100.64.0.1', '192.0.2.1', '198.18.0.1', '224.0.0.1', '240.0.0.1', '255.255.255.255'],
    ...['::', '::1', 'fe80::1', 'fc00::1', 'fd00:ec2::254', 'ff02::1', '2001:db8::1'],
    ...['::ffff:10.0.0.1', '64:ff9b::a00:1', '2002:a00:1::', 'no address'],
  ];
  assert.deepEqual(barred.filter(isPublic), []);
  assert.deepEqual(['8.8.8.8', '2606:4700::1111', '::ffff:8.8.8.8'].map(isPublic), [
    true,
    true,
    true,
  ]);
});

test('a name that nobody knows can be tried again', async () => {
  const failed = await resolvePublic('nowhere.invalid', { allowPrivate: false }).catch((e) => e);
  assert.equal(failed.retryable, true);
  assert.match(failed.message, /^nowhere\.invalid is not known/);
});

test('a message goes through the proxy of the environment, to a name that only the proxy knows', async () => {
  const proxy = createProxy(createServer());
  const asked: string[] = [];
  proxy.on('request', (request) => asked.push(request.url ?? ''));
  const before = { ...process.env };
  process.env.HTTP_PROXY = await listen(proxy);
  process.env.NO_PROXY = '';
  try {
    const delivery = await sendWebhook(message, {
      ...here,
      url: 'http://only-the-proxy-knows.invalid/hook',
      allowPrivate: false,
    });
    // A real proxy, which does not know the name either: what counts is that it was asked.
    assert.equal(delivery.delivered, false);
    assert.equal(asked[0], 'http://only-the-proxy-knows.invalid/hook');
    await sendWebhook(message, here);
    assert.equal(received.length, 1);
  } finally {
    process.env = before;
    await close(proxy);
  }
});

for (const url of [
  'chat.example.org',
  'ftp://example.org/hook',
  'https://ada:secret@example.org/hook',
]) {
  test(`"${url}" is no webhook, and is not repeated in the error`, () => {
    assert.throws(
      () => checkWebhook({ ...here, url }),
      ({ message }: Error) =>
        /must be a URL that begins with https/.test(message) && !message.includes(url),
    );
  });
}
