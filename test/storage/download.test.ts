import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, readFileSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, beforeEach, test } from 'node:test';
import { TopfiveError } from '../../src/errors.ts';
import { download } from '../../src/storage/download.ts';
import { close, listen, startWebServer } from './web-server.ts';

const folder = mkdtempSync(join(tmpdir(), 'topfive-download-'));
const web = await startWebServer(folder);
after(async () => {
  await web.close();
  rmSync(folder, { recursive: true });
});

const content = Buffer.from(Array.from({ length: 100_000 }, (_, index) => (index * 31) % 251));
const other = Buffer.from(content.map((byte) => byte ^ 0xff));
const url = `${web.url}/weights.pth`;
const path = join(folder, 'here');

beforeEach(() => {
  writeFileSync(join(folder, 'weights.pth'), content);
  utimesSync(join(folder, 'weights.pth'), 1e9, 1e9);
  for (const name of [path, `${path}.json`]) rmSync(name, { force: true });
  web.seen.length = 0;
  web.faults.length = 0;
});

/** The file has another content from now on, and another date. */
function change(): void {
  writeFileSync(join(folder, 'weights.pth'), other);
  utimesSync(join(folder, 'weights.pth'), 1.1e9, 1.1e9);
}

const quick = { path, pauseMs: 1 };
const unavailable = (message: RegExp) => (error: unknown) =>
  error instanceof TopfiveError && error.kind === 'not-found' && message.test(error.message);

test('a file comes whole, and its progress is told', async () => {
  const told: { done: number; total: number }[] = [];
  await download(url, { ...quick, onProgress: (progress) => told.push(progress) });
  assert.ok(readFileSync(path).equals(content));
  assert.deepEqual(told.at(-1), { done: content.length, total: content.length });
  assert.deepEqual(web.seen, ['/weights.pth whole']);
});

test('a connection that breaks is gone on with where it broke', async () => {
  web.faults.push({ cut: 30_000 }, { cut: 20_000 });
  const lines: string[] = [];
  await download(url, { ...quick, onRetry: (line) => lines.push(line) });
  assert.ok(readFileSync(path).equals(content));
  assert.equal(lines.length, 2);
  const [whole, ...rest] = web.seen;
  assert.equal(whole, '/weights.pth whole');
  const starts = rest.map((line) => Number(/bytes=(\d+)-$/.exec(line)?.[1]));
  assert.ok(starts[0] > 0 && starts[0] <= 30_000 && starts[1] > starts[0], starts.join());
});

test('what another process left is gone on with', async () => {
  web.faults.push({ cut: 30_000 }, ...Array(4).fill({ cut: 0 }), { cut: 0 });
  await assert.rejects(download(url, quick), unavailable(/weights\.pth .*/));
  web.seen.length = 0;
  web.faults.length = 0;
  await download(url, quick);
  assert.match(web.seen.join(), /^\/weights\.pth bytes=[1-9]\d*-$/);
  assert.ok(readFileSync(path).equals(content));
});

test('a file that changed between two attempts starts anew', async () => {
  web.faults.push({ cut: 30_000 });
  await download(url, { ...quick, onRetry: change });
  assert.ok(readFileSync(path).equals(other));
  assert.match(web.seen[1], /bytes=/);
});

test('so it does where the server sends the rest of the new file all the same', async () => {
  web.faults.push({ cut: 30_000 }, { careless: true });
  let changed = false;
  await download(url, {
    ...quick,
    onRetry: () => {
      if (!changed) change();
      changed = true;
    },
  });
  assert.ok(readFileSync(path).equals(other));
});

test('a file of which the server says no version starts anew', async () => {
  web.faults.push({ anonymous: true }, { anonymous: true });
  const aborted = new AbortController();
  const onProgress = () => aborted.abort();
  await assert.rejects(download(url, { ...quick, signal: aborted.signal, onProgress }), {
    kind: 'cancelled',
  });
  await download(url, quick);
  assert.deepEqual(web.seen, ['/weights.pth whole', '/weights.pth whole']);
  assert.ok(readFileSync(path).equals(content));
});

test('a finished file is not asked for again', async () => {
  await download(url, quick);
  await download(url, quick);
  assert.equal(web.seen.length, 1);
});

test('a file that was left by another URL is not mixed in', async () => {
  web.faults.push({ cut: 30_000 }, ...Array(5).fill({ cut: 0 }));
  await assert.rejects(download(url, quick));
  writeFileSync(join(folder, 'other.pth'), other);
  web.faults.length = 0;
  await download(`${web.url}/other.pth`, quick);
  assert.ok(readFileSync(path).equals(other));
});

test('a server that is busy is asked again, and given up after five times', async () => {
  web.faults.push({ status: 503 }, { status: 429 });
  await download(url, quick);
  assert.equal(web.seen.length, 3);
  rmSync(path);
  web.faults.push(...Array(5).fill({ status: 503 }));
  await assert.rejects(download(url, quick), unavailable(/weights\.pth answered 503$/));
});

test('a file that is not there is said at once', async () => {
  await assert.rejects(
    download(`${web.url}/absent.pth`, quick),
    unavailable(/absent\.pth answered 404 Not Found$/),
  );
  assert.equal(web.seen.length, 1);
  assert.ok(!existsSync(path));
});

test('redirects are followed', async () => {
  web.faults.push({ redirect: '/weights.pth' });
  await download(`${web.url}/latest`, quick);
  assert.ok(readFileSync(path).equals(content));
});

test('no way to the server is one sentence, at once', async () => {
  const server = createServer();
  const address = await listen(server);
  await close(server);
  const started = Date.now();
  await assert.rejects(
    download(`${address}/weights.pth`, { path }),
    unavailable(/cannot be reached \(.*ECONNREFUSED/),
  );
  await assert.rejects(
    download('http://nowhere.invalid/weights.pth', { path }),
    unavailable(/cannot be reached \(.*nowhere\.invalid/),
  );
  assert.ok(Date.now() - started < 5000);
});

for (const bad of ['weights.pth', 'ftp://host/x', 'https://me:secret@host/x', '']) {
  test(`"${bad}" is refused`, async () => {
    await assert.rejects(download(bad, { path }), { kind: 'usage' });
  });
}
