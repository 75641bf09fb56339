/** What the Dockerfile builds, built by its own steps in a folder, for want of a container engine, and run as its user. */
import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import {
  chmodSync,
  chownSync,
  cpSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';

const project = join(import.meta.dirname, '../..');
const folder = mkdtempSync(join(tmpdir(), 'topfive-image-'));
after(() => rmSync(folder, { recursive: true, force: true }));

interface Step {
  name: string;
  text: string;
}

/** The instructions of each stage, comments left out and lines that go on put together. */
function stagesOf(dockerfile: string): Step[][] {
  const lines = dockerfile
    .split('\n')
    .filter((line) => !line.startsWith('#'))
    .join('\n')
    .replaceAll(/\\\n\s*/g, '')
    .split('\n')
    .filter((line) => line !== '');
  const stages: Step[][] = [];
  for (const line of lines) {
    const space = line.indexOf(' ');
    const step = { name: line.slice(0, space), text: line.slice(space + 1) };
    if (step.name === 'FROM') stages.push([]);
    else stages.at(-1)?.push(step);
  }
  return stages;
}

function build(steps: Step[], app: string): void {
  for (const { name, text } of steps) {
    if (name === 'COPY') {
      const [target, ...sources] = text.split(' ').reverse();
      for (const source of sources) {
        const isFolder = target !== './';
        const to = isFolder ? join(app, target) : join(app, source);
        cpSync(join(project, source), to, { recursive: true });
      }
    } else if (name === 'RUN') {
      execFileSync('sh', ['-ec', text], {
        cwd: app,
        stdio: 'pipe',
        env: { ...process.env, CI: '' },
      });
    }
  }
}

test('the image has all that the demo needs, and its user may read it', () => {
  const stages = stagesOf(readFileSync(join(project, 'infra/docker/Dockerfile'), 'utf8'));
  assert.equal(stages.length, 2);
  const [building, running] = stages;
  const built = join(folder, 'build');
  mkdirSync(built);
  build(building, built);

  const app = join(folder, 'app');
  const copies = running.filter(
    ({ name, text }) => name === 'COPY' && text.startsWith('--from=build'),
  );
  for (const { text } of copies) {
    const [, from, to] = text.split(' ');
    cpSync(join(built, from.slice('/app/'.length)), join(app, to.slice('/app/'.length)), {
      recursive: true,
      verbatimSymlinks: true,
    });
  }
  assert.deepEqual(copies.length, 3);
  rmSync(built, { recursive: true });

  const work = join(folder, 'work');
  mkdirSync(work);
  chmodSync(folder, 0o755);
  const isRoot = process.getuid?.() === 0;
  if (isRoot) chownSync(work, 1000, 1000);
  const { PATH } = process.env;
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    [join(app, 'dist/cli/main.js'), 'demo', '--images', '60', '--out', 'out'],
    {
      cwd: work,
      env: { PATH, HOME: work, NODE_ENV: 'production' },
      encoding: 'utf8',
      ...(isRoot && { uid: 1000, gid: 1000 }),
    },
  );
  assert.equal(status, 0, stderr);
  assert.match(stdout, /Report: /);
});
