import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { describe, test } from 'node:test';

const root = resolve(import.meta.dirname, '../..');
const depcruise = join(root, 'node_modules/.bin/depcruise');

const planted = [
  [
    'an import to the right',
    'src/scoring/planted.ts',
    "import '../jobs/plan.ts';\n",
    'ladder: scoring',
  ],
  [
    'an import across a step',
    'src/report/planted.ts',
    "import '../data/recipe.ts';\n",
    'ladder: report',
  ],
  ['sharp outside its door', 'src/data/planted.ts', "import 'sharp';\n", 'door: sharp'],
  ['bullmq outside its door', 'src/jobs/planted-queue.ts', "import 'bullmq';\n", 'door: (bullmq'],
  [
    'onnxruntime-node outside its door',
    'src/jobs/planted.ts',
    "import 'onnxruntime-node';\n",
    'door: onnxruntime-node',
  ],
] as const;

/** The source tree with every planted file at once, as dependency-cruiser sees it. */
function cruisePlanted() {
  const copy = mkdtempSync(join(tmpdir(), 'topfive-ladder-'));
  try {
    for (const name of ['src', 'package.json', 'tsconfig.json', '.dependency-cruiser.cjs']) {
      cpSync(join(root, name), join(copy, name), { recursive: true });
    }
    symlinkSync(join(root, 'node_modules'), join(copy, 'node_modules'));
    for (const [, file, text] of planted) writeFileSync(join(copy, file), text);
    const args = ['--config', '.dependency-cruiser.cjs', 'src'];
    const { status, stdout } = spawnSync(depcruise, args, { cwd: copy, encoding: 'utf8' });
    return { status, lines: stdout.split('\n') };
  } finally {
    rmSync(copy, { recursive: true, force: true });
  }
}

describe('the ladder reports', () => {
  const { status, lines } = cruisePlanted();
  for (const [what, file, , rule] of planted) {
    test(what, () => {
      assert.notEqual(status, 0);
      assert.ok(
        lines.some((line) => line.includes(rule) && line.includes(file)),
        lines.join('\n'),
      );
    });
  }
});

test('process.env is read in config.ts alone', () => {
  const files = execFileSync('grep', ['-rl', 'process\\.env', join(root, 'src')], {
    encoding: 'utf8',
  });
  assert.deepEqual(files.trim().split('\n'), [join(root, 'src/config.ts')]);
});
