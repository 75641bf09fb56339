/** The archive for a host without a network: made, unpacked into an empty folder, and run with an empty environment. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { after, test } from 'node:test';
import { runRecordSchema } from '../../src/scoring/run-record.ts';

const root = resolve(import.meta.dirname, '../..');
const folder = mkdtempSync(join(tmpdir(), 'topfive-unpacked-'));
after(() => rmSync(folder, { recursive: true }));

const skip = process.platform === 'linux' && process.arch === 'x64' ? false : 'not Linux x64';

test('the archive unpacks to a command that runs with an empty environment', { skip }, () => {
  const make = ['--import', 'tsx', join(root, 'infra/bundle/bundle.ts'), '--level', '1'];
  const told = execFileSync(process.execPath, make, { cwd: root, encoding: 'utf8' });
  const [, archive] = /^(.+\.tar\.xz): [\d.]+ MB$/m.exec(told) ?? assert.fail(told);
  execFileSync('tar', ['-xJf', archive, '-C', folder]);
  const [unpacked] = readdirSync(folder);
  const run = (...args: string[]) =>
    execFileSync(join(folder, unpacked, 'topfive'), args, {
      cwd: folder,
      env: {},
      encoding: 'utf8',
    });
  const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  assert.equal(run('--version').trim(), version);
  const record = runRecordSchema.parse(JSON.parse(run('demo', '--images', '200', '--json')));
  assert.equal(record.status, 'complete');
  for (const { accuracy } of record.models) {
    assert.equal(accuracy.expected, 200);
    assert.ok(accuracy.top1.fraction > 0.25 && accuracy.top1.fraction < 0.75);
  }
  const spec = join(folder, 'topfive-demo/spec.yaml');
  const args = [
    '--batch',
    '1',
    '--restarts',
    '1',
    '--min-seconds',
    '0.1',
    '--max-seconds',
    '1',
    '--json',
  ];
  const { cells } = JSON.parse(run('latency', spec, ...args));
  assert.ok(cells.length > 0 && cells.every((cell: { measured: unknown }) => cell.measured));
});
