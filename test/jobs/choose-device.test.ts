import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { after, test } from 'node:test';
import { TopfiveError } from '../../src/errors.ts';
import { chooseDevice } from '../../src/jobs/choose-device.ts';
import { obstacleTo } from '../../src/jobs/gpu.ts';

const folder = mkdtempSync(join(tmpdir(), 'topfive-devices-'));
after(() => rmSync(folder, { recursive: true }));

function machine(name: string, files: string[]): string {
  const root = join(folder, name);
  for (const file of ['dev/null', ...files]) {
    mkdirSync(dirname(join(root, file)), { recursive: true });
    writeFileSync(join(root, file), '');
  }
  return root;
}

const onLinux = { skip: process.platform !== 'linux' };

test('a GPU is looked for by its device files before anything is tried', onLinux, () => {
  const nothing = machine('nothing', ['dev/nvidiactl']);
  assert.equal(obstacleTo('cuda', nothing), 'there is no NVIDIA GPU');
  assert.equal(obstacleTo('webgpu', nothing), 'there is no GPU');
  const nvidia = machine('nvidia', ['dev/nvidia0']);
  const windows = machine('windows', ['dev/dxg']);
  for (const device of ['cuda', 'tensorrt', 'webgpu'] as const) {
    assert.equal(obstacleTo(device, nvidia), null);
    assert.equal(obstacleTo(device, windows), null);
  }
  const other = machine('other', ['dev/dri/card0', 'dev/dri/renderD128']);
  assert.equal(obstacleTo('cuda', other), 'there is no NVIDIA GPU');
  assert.equal(obstacleTo('webgpu', other), null);
});

const works = () => Promise.resolve(null);
const fails = () => Promise.resolve('no driver');

test('a device that was asked for is tried, and refused in one sentence when it does not work', async () => {
  assert.deepEqual(await chooseDevice('webgpu', works), {
    device: 'webgpu',
    why: 'it was asked for',
  });
  assert.equal((await chooseDevice('cpu', fails)).device, 'cpu');
  await assert.rejects(chooseDevice('tensorrt', fails), (error) => {
    assert.ok(error instanceof TopfiveError && error.exitCode === 2);
    assert.match(error.message, /^the device tensorrt was asked for, .*\(no driver\)$/);
    return true;
  });
});

test('auto is the CPU where nothing better works, and says what stood against each', async () => {
  const { device, why } = await chooseDevice('auto', fails);
  assert.equal(device, 'cpu');
  assert.match(why, /^cuda: .+; webgpu: .+$/);
});
