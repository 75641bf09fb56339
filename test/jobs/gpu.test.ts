/** A script stands in for nvidia-smi, printing lines of the form that NVIDIA documents for --format=csv,noheader,nounits. */
import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, afterEach, test } from 'node:test';
import { deviceMemory, identifyGpu, readAccelerator } from '../../src/jobs/gpu.ts';

const folder = mkdtempSync(join(tmpdir(), 'topfive-gpu-'));
const { PATH } = process.env;
afterEach(() => {
  process.env.PATH = PATH;
});
after(() => rmSync(folder, { recursive: true }));

function installNvidia(prints: string): void {
  writeFileSync(join(folder, 'nvidia-smi'), `#!/bin/sh\nprintf '%s\\n' "${prints}"\n`, {
    mode: 0o755,
  });
  process.env.PATH = `${folder}:${PATH}`;
}

const noDrivers = { vulkanDrivers: undefined };

test('an NVIDIA GPU is named by its tool, with the version of its driver', () => {
  installNvidia('NVIDIA H100 80GB HBM3, 550.54.15');
  assert.deepEqual(identifyGpu('cuda', noDrivers), {
    name: 'NVIDIA H100 80GB HBM3',
    driver: 'NVIDIA 550.54.15',
  });
});

test('its state has clocks, temperature, power and memory, and why it is slowed down', () => {
  installNvidia('P0, 1980, 2619, 61, 412.55, 700.00, 1024, 0x0000000000000044');
  assert.deepEqual(readAccelerator(), {
    powerState: 'P0',
    clockMHz: 1980,
    memoryClockMHz: 2619,
    temperatureC: 61,
    powerWatts: 412.55,
    powerLimitWatts: 700,
    memoryBytes: 2 ** 30,
    // 0x04 is its power limit, under which it works as set.
    slowedBy: ['hardware thermal'],
  });
  installNvidia('P8, 210, 405, 35, [N/A], [N/A], 1, 0x0000000000000001');
  assert.equal(readAccelerator()!.powerLimitWatts, null);
  assert.deepEqual(readAccelerator()!.slowedBy, []);
});

test('its memory counts for what computes on it by CUDA', () => {
  installNvidia('81559');
  assert.equal(deviceMemory('cuda'), 81_559 * 2 ** 20);
  assert.equal(deviceMemory('webgpu'), null);
  installNvidia('[N/A]');
  assert.equal(deviceMemory('cuda'), null);
});

test('a tool that is broken or not there tells nothing', () => {
  installNvidia('NVIDIA-SMI has failed because it could not communicate with the NVIDIA driver.');
  assert.equal(readAccelerator(), null);
  process.env.PATH = '/nowhere';
  assert.equal(readAccelerator(), null);
  assert.deepEqual(identifyGpu('cuda', noDrivers), { name: 'unknown GPU', driver: null });
});

test('a Vulkan driver that a person chose is named by its library', () => {
  process.env.PATH = '/nowhere';
  const file = join(folder, 'swiftshader.json');
  writeFileSync(file, '{"ICD": {"library_path": "./libvk_swiftshader.so"}}');
  assert.deepEqual(identifyGpu('webgpu', { vulkanDrivers: file }), {
    name: 'Vulkan libvk_swiftshader.so',
    driver: file,
  });
  assert.equal(
    identifyGpu('webgpu', { vulkanDrivers: '/nowhere/lvp.json' }).name,
    'Vulkan lvp.json',
  );
});

test('a GPU without a tool of its own is named by the numbers of its maker and model', () => {
  process.env.PATH = '/nowhere';
  const card = join(folder, 'sys/class/drm/card0/device');
  mkdirSync(card, { recursive: true });
  writeFileSync(join(card, 'vendor'), '0x1002\n');
  writeFileSync(join(card, 'device'), '0x73bf\n');
  symlinkSync('../../bus/pci/drivers/amdgpu', join(card, 'driver'));
  assert.deepEqual(identifyGpu('webgpu', { ...noDrivers, root: folder }), {
    name: 'PCI 1002:73bf',
    driver: 'amdgpu',
  });
});
