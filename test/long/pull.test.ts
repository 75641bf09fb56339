/** Pulling with the real command from a real server, through real proxies and over broken connections. */
import assert from 'node:assert/strict';
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { createServer, request } from 'node:http';
import { createServer as createSecureServer } from 'node:https';
import { join } from 'node:path';
import { after, beforeEach, describe, test } from 'node:test';
import { createProxy } from 'proxy';
import { sha256 } from '../../src/storage/digest.ts';
import { makePlace } from '../cli/topfive.ts';
import { seededTensors, writeSafetensors } from '../models/seeded-checkpoint.ts';
import { close, listen, startWebServer } from '../storage/web-server.ts';

const server = makePlace();
const web = await startWebServer(server.directory);
const id = 'EfficientNetB0_small';
const file = join(server.directory, 'weights.safetensors');
await writeSafetensors(file, seededTensors(id));
const digest = sha256(readFileSync(file));
const url = `${web.url}/weights.safetensors`;
after(async () => {
  await web.close();
  server.remove();
});
beforeEach(() => {
  web.seen.length = 0;
  web.faults.length = 0;
});

/** A machine of its own, without anything in its cache. */
function machine(env: Record<string, string> = {}) {
  const place = makePlace(env);
  after(() => place.remove());
  const cache = join(place.directory, '.cache/topfive');
  const pull = (...args: string[]) => place.topfive('models', 'pull', id, '--from', url, ...args);
  const kept = (folder: string, { recursive = false } = {}) =>
    existsSync(join(cache, folder))
      ? readdirSync(join(cache, folder), { recursive, encoding: 'utf8' })
      : [];
  /** Of downloads that are not whole yet. */
  const bytesCome = () =>
    kept('pending', { recursive: true })
      .filter((name) => name.endsWith('weights.safetensors'))
      .reduce((sum, name) => sum + statSync(join(cache, 'pending', name)).size, 0);
  return {
    place,
    pull,
    kept,
    bytesCome,
    start: () => place.start('models', 'pull', id, '--from', url),
  };
}

test('a checkpoint is downloaded, its digest recorded, imported, and not downloaded again', async () => {
  const { pull, kept } = machine();
  const { code, stdout, stderr } = await pull('--json');
  assert.equal(code, 0, stderr);
  assert.match(stderr, /a place whose licence is not known here/);
  const { path, weights, ...artifact } = JSON.parse(stdout);
  assert.deepEqual(weights, {
    checkpoint: url,
    sha256: digest,
    naming: 'timm',
    format: 'safetensors',
  });
  assert.equal(sha256(readFileSync(path)), artifact.sha256);
  assert.deepEqual(kept('pending'), []);
  const again = await pull('--json');
  assert.equal(again.stdout, stdout);
  assert.deepEqual(web.seen, ['/weights.safetensors whole']);
});

test('an interrupt keeps what has come, and the same command goes on from there', async () => {
  const { pull, start, bytesCome } = machine();
  web.faults.push({ slow: 2 });
  const started = start();
  while (bytesCome() === 0) await new Promise((settle) => setTimeout(settle, 20));
  started.process.kill('SIGINT');
  const { code, stderr } = await started.ended;
  assert.equal(code, 130);
  assert.match(stderr, /was interrupted; the same command goes on where it stopped\n$/);
  const ended = await pull();
  assert.equal(ended.code, 0, ended.stderr);
  assert.match(web.seen[1], /bytes=[1-9]\d*-$/);
  assert.match(ended.stdout, new RegExp(`SHA-256 ${digest}$`, 'm'));
});

test('a broken connection is told and gone on with', async () => {
  web.faults.push({ cut: 5_000_000 });
  const { code, stderr } = await machine().pull();
  assert.equal(code, 0, stderr);
  assert.match(stderr, /weights\.safetensors .*; trying again$/m);
  assert.match(web.seen[1], /bytes=[1-9]\d*-$/);
});

test('two processes that pull the same download it once', async () => {
  const { start } = machine();
  const both = await Promise.all([start().ended, start().ended]);
  assert.deepEqual(
    both.map(({ code }) => code),
    [0, 0],
  );
  assert.deepEqual(web.seen, ['/weights.safetensors whole']);
});

test('a file with another digest is refused, and nothing of it is kept', async () => {
  const { pull, kept } = machine();
  const { code, stdout, stderr } = await pull('--sha256', 'deadbeef');
  assert.deepEqual([code, stdout], [2, '']);
  assert.match(stderr, new RegExp(`SHA-256 ${digest}, but one that begins with deadbeef`));
  assert.deepEqual([...kept('pending'), ...kept('entries'), ...kept('cards')], []);
  assert.equal((await pull('--sha256', digest.toUpperCase())).code, 0);
});

test('a file that does not fit the model is refused, and nothing of it is kept', async () => {
  const { place, kept } = machine();
  const args = ['models', 'pull', 'EfficientNetB1', '--from', url];
  const { code, stderr } = await place.topfive(...args);
  assert.equal(code, 2);
  assert.match(stderr, /does not fit EfficientNetB1/);
  assert.deepEqual([...kept('pending'), ...kept('entries'), ...kept('cards')], []);
});

test('a digest that was recorded is held against what comes later', async () => {
  const { place, pull } = machine();
  await pull();
  await place.topfive('models', 'import', id, '--weights', file);
  await pull();
  assert.equal(web.seen.length, 2);
});

describe('proxies', () => {
  /** A proxy that notes what goes through it. */
  async function startProxy(password?: string) {
    const seen: string[] = [];
    const proxy = createProxy(createServer());
    proxy.on('connect', (request) => seen.push(`CONNECT ${request.url}`));
    proxy.on('request', (request) => seen.push(`${request.method} ${request.url}`));
    if (password !== undefined) {
      const expected = `Basic ${Buffer.from(`me:${password}`).toString('base64')}`;
      proxy.authenticate = (request) => request.headers['proxy-authorization'] === expected;
    }
    const address = await listen(proxy);
    after(() => close(proxy));
    return { seen, address, host: new URL(address).host };
  }

  test('HTTP_PROXY is asked, with its password', async () => {
    const { seen, host } = await startProxy('secret');
    const { code, stderr } = await machine({ HTTP_PROXY: `http://me:secret@${host}` }).pull();
    assert.equal(code, 0, stderr);
    assert.deepEqual(seen, [`GET ${url}`]);
  });

  test('a proxy that says no is one sentence, without the password', async () => {
    const { host } = await startProxy('secret');
    const { code, stderr } = await machine({ http_proxy: `me:guess@${host}` }).pull();
    assert.equal(code, 2);
    assert.match(
      stderr,
      /^error: .*cannot be reached \(.*407.*; the proxy is 127\.0\.0\.1:\d+\): /m,
    );
    assert.ok(!stderr.includes('guess'));
  });

  test('NO_PROXY is asked directly', async () => {
    const { seen, address } = await startProxy();
    const env = { HTTP_PROXY: address, NO_PROXY: 'example.org,127.0.0.1' };
    assert.equal((await machine(env).pull()).code, 0);
    assert.deepEqual(seen, []);
  });

  test('HTTPS goes through a tunnel of HTTPS_PROXY', async () => {
    const fixture = (name: string) => join(import.meta.dirname, '../fixtures/tls', name);
    const keys = { key: readFileSync(fixture('key.pem')), cert: readFileSync(fixture('cert.pem')) };
    const secure = createSecureServer(keys, (incoming, answer) => {
      request(`${web.url}${incoming.url}`, { headers: incoming.headers }, (inner) => {
        answer.writeHead(inner.statusCode ?? 500, inner.headers);
        inner.pipe(answer);
      }).end();
    });
    const { port } = new URL(await listen(secure));
    after(() => close(secure));
    const { seen, address } = await startProxy();
    const env = { HTTPS_PROXY: address };
    const args = ['models', 'pull', id, '--from', `https://localhost:${port}/weights.safetensors`];
    const distrusting = await machine(env).place.topfive(...args);
    assert.equal(distrusting.code, 2);
    assert.match(distrusting.stderr, /cannot be reached \(self[- ]signed certificate/);
    const trusting = machine({ ...env, NODE_EXTRA_CA_CERTS: fixture('cert.pem') });
    const { code, stderr } = await trusting.place.topfive(...args);
    assert.equal(code, 0, stderr);
    assert.deepEqual(seen, Array(2).fill(`CONNECT localhost:${port}`));
  });
});

/** Nobody listens there. */
const offline = { HTTPS_PROXY: 'http://127.0.0.1:9' };

test('without a connection it says which file to put where, and what to run then', async () => {
  const { place } = machine(offline);
  const { code, stdout, stderr } = await place.topfive('models', 'pull', 'EfficientNetB0');
  assert.deepEqual([code, stdout], [2, '']);
  assert.match(stderr, /^weights of EfficientNetB0 by PaddleClas, under Apache-2\.0\n/);
  const name = 'EfficientNetB0_pretrained.pdparams';
  assert.match(
    stderr,
    new RegExp(
      `^error: https://.*/${name} cannot be reached \\(.*\\): download it elsewhere, put it at ${join(place.directory, name)}, and run "topfive models import EfficientNetB0 --weights ${name}"`,
      'm',
    ),
  );
});

test('weights that forbid commercial use are not downloaded before that is accepted', async () => {
  const { place } = machine(offline);
  const args = ['models', 'pull', 'ResNeXt101_32x8d_wsl'];
  const asked = await place.topfive(...args);
  assert.equal(asked.code, 2);
  assert.match(asked.stderr, /CC-BY-NC-4\.0: no commercial use\nerror: .*--accept-licence/);
  const accepted = await place.topfive(...args, '--accept-licence');
  assert.match(accepted.stderr, /cannot be reached/);
});

test('where the first place does not have the file, the next one is asked', async () => {
  const { place } = machine(offline);
  const args = ['models', 'pull', 'ResNeXt101_32x16d_wsl', '--accept-licence'];
  const { stderr } = await place.topfive(...args);
  assert.match(stderr, /32x16_wsl_pretrained\.pdparams cannot .*; trying https:.*32x16d_wsl_/);
  assert.match(stderr, /^error: https:.*32x16d_wsl_pretrained\.pdparams cannot be reached/m);
});

const wrong: [what: string, args: string[], message: RegExp][] = [
  ['an unknown model', ['B9'], /no card "B9"/],
  ['a URL that is none', [id, '--from', 'weights.pth'], /begins with http.*"weights\.pth"/],
  [
    'a file that is not there',
    [id, '--from', `${web.url}/no.pth`],
    /no\.pth answered 404 Not Found: download/,
  ],
  ['a digest that is none', [id, '--sha256', 'beef'], /64 hex digits/],
];

describe('exit code 2 and one error', () => {
  const { place } = machine();
  mkdirSync(join(server.directory, 'folder'));
  writeFileSync(join(server.directory, 'page.html'), '<html>sign in</html>');
  for (const [what, args, message] of wrong) {
    test(`for ${what}`, async () => {
      const { code, stdout, stderr } = await place.topfive('models', 'pull', ...args);
      assert.deepEqual([code, stdout], [2, ''], stderr);
      assert.match(stderr, message);
      assert.equal(stderr.match(/^error: /gm)?.length, 1);
    });
  }

  test('for a page in place of a file', async () => {
    const from = ['--from', `${web.url}/page.html`];
    const { code, stderr } = await place.topfive('models', 'pull', id, ...from);
    assert.equal(code, 2);
    assert.match(stderr, /is none of \.safetensors, .* it starts with "<html>/);
  });
});
