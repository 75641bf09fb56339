import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, afterEach, test } from 'node:test';
import { type CrewWish, crewFor } from '../../src/cli/crew.ts';

const folder = mkdtempSync(join(tmpdir(), 'topfive-crew-'));
const { PATH } = process.env;
afterEach(() => {
  process.env.PATH = PATH;
});
after(() => rmSync(folder, { recursive: true }));

/** A script in the place of NVIDIA's tool. */
function installGpu(mebibytes: number): void {
  writeFileSync(join(folder, 'nvidia-smi'), `#!/bin/sh\necho ${mebibytes}\n`, { mode: 0o755 });
  process.env.PATH = `${folder}:${PATH}`;
}

/** @param gigabytes of the models, which are one group */
function crew(
  gigabytes: number,
  { shards = 40, ...wish }: Partial<CrewWish & { shards: number }> = {},
) {
  const plan = {
    shards: Array.from({ length: shards }),
    groups: [[0]],
    models: [{ artifact: { bytes: gigabytes * 1e9 } }],
  } as never;
  const machine = { cores: 16, memory: 64e9 };
  return crewFor(plan, { device: 'cpu', workers: undefined, threads: 1, machine, ...wish });
}

test('on the CPU every core has a worker, and where memory is short fewer have more threads', () => {
  assert.deepEqual(crew(0.02), { workers: 16, threads: 1, pixelThreads: 1 });
  const { note, ...few } = crew(3.3);
  assert.deepEqual(few, { workers: 6, threads: 2, pixelThreads: 1 });
  assert.match(note!, /^6 workers with these models would fill 64\.0 GB of memory: no more are/);
});

test('a run with fewer shards than memory holds workers is not short of memory', () => {
  const { note, ...few } = crew(3.3, { shards: 2 });
  assert.deepEqual([few, note], [{ workers: 2, threads: 1, pixelThreads: 1 }, undefined]);
});

test('on a GPU one worker has all cores for its pixels', () => {
  installGpu(24_576);
  assert.deepEqual(crew(3.3, { device: 'cuda' }), { workers: 1, threads: 1, pixelThreads: 15 });
});

test('more workers than the memory of the GPU holds are started when asked for, with a warning', () => {
  installGpu(24_576);
  const asked = { device: 'cuda', workers: 4 } as const;
  assert.equal(crew(0.02, asked).note, undefined);
  const { workers, note } = crew(3.3, asked);
  assert.equal(workers, 4);
  assert.match(note!, /^warning: 2 workers .* 25\.8 GB of the GPU's memory, and 4 were asked for$/);
});
