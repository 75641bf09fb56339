import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { after, test } from 'node:test';
import {
  openLoadMeter,
  readPowerSettings,
  readProcessorState,
} from '../../src/jobs/machine-state.ts';

const folder = mkdtempSync(join(tmpdir(), 'topfive-machine-'));
after(() => rmSync(folder, { recursive: true }));

/** A tree of files as Linux shows them. */
function machine(name: string, files: Record<string, string>): string {
  const root = join(folder, name);
  mkdirSync(root);
  for (const [path, content] of Object.entries(files)) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), content);
  }
  return root;
}

const cpu = 'sys/devices/system/cpu';

test('clock, temperature, throttling and power are read where a machine tells them', () => {
  const root = machine('full', {
    [`${cpu}/cpu0/cpufreq/scaling_cur_freq`]: '2800000\n',
    [`${cpu}/cpu1/cpufreq/scaling_cur_freq`]: '3200000\n',
    [`${cpu}/cpu0/cpufreq/scaling_governor`]: 'powersave\n',
    [`${cpu}/cpu0/thermal_throttle/core_throttle_count`]: '2\n',
    [`${cpu}/cpu1/thermal_throttle/core_throttle_count`]: '3\n',
    [`${cpu}/cpufreq/policy0/scaling_governor`]: 'powersave\n',
    [`${cpu}/intel_pstate/no_turbo`]: '1\n',
    'sys/class/thermal/thermal_zone0/temp': '41000\n',
    'sys/class/thermal/cooling_device0/cur_state': '0\n',
    'sys/class/hwmon/hwmon0/temp1_input': '67500\n',
    'sys/class/powercap/intel-rapl:0/constraint_0_power_limit_uw': '65000000\n',
    'sys/fs/cgroup/cpu.stat': 'usage_usec 5\nnr_throttled 10\nthrottled_usec 9\n',
    'proc/cpuinfo': 'cpu MHz\t\t: 1000.000\n',
  });
  assert.deepEqual(readProcessorState(root), {
    clockMHz: 3000,
    temperatureC: 67.5,
    throttled: 15,
  });
  assert.deepEqual(readPowerSettings(root), {
    governor: 'powersave',
    boost: false,
    powerCapWatts: 65,
  });
});

test('without frequency scaling the clock is what the processor says of itself', () => {
  const root = machine('guest', {
    'proc/cpuinfo': 'cpu MHz\t\t: 2596.098\nflags: x\ncpu MHz\t\t: 2600.100\n',
    [`${cpu}/cpufreq/boost`]: '1',
  });
  assert.equal(readProcessorState(root).clockMHz, 2598.099);
  assert.equal(readPowerSettings(root).boost, true);
});

test('a machine that tells nothing is all null', () => {
  const root = machine('silent', {});
  assert.deepEqual(readProcessorState(root), {
    clockMHz: null,
    temperatureC: null,
    throttled: null,
  });
  assert.deepEqual(readPowerSettings(root), { governor: null, boost: null, powerCapWatts: null });
  assert.equal(openLoadMeter(root).otherCores(), null);
});

test('the work of others is what all did, guests of the host included, less what this process did', () => {
  const stat = (user: number, steal: number) =>
    `cpu  ${user} 0 100 5000 7 0 3 ${steal} 0 0\ncpu0 1\n`;
  const root = machine('busy', { 'proc/stat': stat(1000, 0) });
  const meter = openLoadMeter(root);
  const ownBefore = process.cpuUsage();
  const started = performance.now();
  while (performance.now() - started < 300);
  writeFileSync(join(root, 'proc/stat'), stat(1090, 30));
  const { user, system } = process.cpuUsage(ownBefore);
  const expected = (0.9 + 0.3 - (user + system) / 1e6) / ((performance.now() - started) / 1000);
  assert.ok(Math.abs(meter.otherCores()! / expected - 1) < 0.1, `${expected} cores`);
});

test('on Linux the load of this machine can be read', {
  skip: process.platform !== 'linux',
}, () => {
  assert.ok(openLoadMeter().otherCores()! >= 0);
});
