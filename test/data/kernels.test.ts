/** The compiled kernels beside their source. */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { test } from 'node:test';
import { promisify } from 'node:util';

const root = resolve(import.meta.dirname, '../..');

test('rows.wasm is what `npm run kernels` makes of its source', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'topfive-kernels-'));
  t.after(() => rm(folder, { recursive: true }));
  const made = join(folder, 'rows.wasm');
  const { scripts } = JSON.parse(await readFile(join(root, 'package.json'), 'utf8'));
  const [, ...args] = scripts.kernels.split(' ');
  args[args.indexOf('--outFile') + 1] = made;
  const asc = join(root, 'node_modules/assemblyscript/bin/asc.js');
  await promisify(execFile)(process.execPath, [asc, ...args], { cwd: root });
  assert.deepEqual(await readFile(made), await readFile(join(root, 'src/data/kernels/rows.wasm')));
});
