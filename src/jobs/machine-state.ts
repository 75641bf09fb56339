/** What Linux tells about the machine while it is measured: other load, clock, temperature, throttling, power. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { MachineState, PowerSettings } from '../scoring/latency-record.ts';

const cpuFolder = 'sys/devices/system/cpu';

/** @param root where `proc` and `sys` are */
export function readProcessorState(root = '/'): Omit<MachineState, 'accelerator'> {
  return {
    clockMHz: readClock(root),
    temperatureC: highest([...thermalZones(root), ...hardwareMonitors(root)]),
    throttled: sumOf([...coreThrottling(root), ...containerThrottling(root)]),
  };
}

export function readPowerSettings(root = '/'): PowerSettings {
  const boost = readNumber(root, `${cpuFolder}/cpufreq/boost`);
  const noTurbo = readNumber(root, `${cpuFolder}/intel_pstate/no_turbo`);
  const caps = foldersOf(root, 'sys/class/powercap').map((name) =>
    readNumber(root, `sys/class/powercap/${name}/constraint_0_power_limit_uw`),
  );
  const cap = highest(caps);
  return {
    governor: readText(root, `${cpuFolder}/cpu0/cpufreq/scaling_governor`),
    boost: boost === null ? (noTurbo === null ? null : noTurbo === 0) : boost === 1,
    powerCapWatts: cap === null ? null : cap / 1e6,
  };
}

export interface LoadMeter {
  /** Cores that others kept busy since the meter was opened; null where it cannot be read. */
  otherCores(): number | null;
}

/** Ticks a second of /proc/stat: USER_HZ, 100 on every Linux that Node runs on. */
const ticksPerSecond = 100;

export function openLoadMeter(root = '/'): LoadMeter {
  const busyBefore = readBusySeconds(root);
  const ownBefore = process.cpuUsage();
  const started = performance.now();
  return {
    otherCores() {
      const busy = readBusySeconds(root);
      if (busy === null || busyBefore === null) return null;
      const { user, system } = process.cpuUsage(ownBefore);
      const seconds = (performance.now() - started) / 1000;
      return Math.max(0, (busy - busyBefore - (user + system) / 1e6) / seconds);
    },
  };
}

/** Of all cores since the start: user, nice, system, irq, softirq and steal, without idle and waiting for disks. */
function readBusySeconds(root: string): number | null {
  const line = readText(root, 'proc/stat')?.split('\n')[0];
  const [user, nice, system, , , irq, softirq, steal] = line?.match(/\d+/g)?.map(Number) ?? [];
  if (steal === undefined) return null;
  return (user + nice + system + irq + softirq + steal) / ticksPerSecond;
}

function readClock(root: string): number | null {
  const scaled = coresOf(root).flatMap((core) => {
    const kilohertz = readNumber(root, `${cpuFolder}/${core}/cpufreq/scaling_cur_freq`);
    return kilohertz === null ? [] : [kilohertz / 1000];
  });
  const told = readText(root, 'proc/cpuinfo')?.matchAll(/^cpu MHz\s*:\s*([\d.]+)$/gm) ?? [];
  const clocks = scaled.length > 0 ? scaled : [...told].map(([, megahertz]) => Number(megahertz));
  const sum = sumOf(clocks);
  return sum === null ? null : sum / clocks.length;
}

function thermalZones(root: string): (number | null)[] {
  return foldersOf(root, 'sys/class/thermal')
    .filter((name) => name.startsWith('thermal_zone'))
    .map((name) => degrees(readNumber(root, `sys/class/thermal/${name}/temp`)));
}

function hardwareMonitors(root: string): (number | null)[] {
  return foldersOf(root, 'sys/class/hwmon').map((name) =>
    degrees(readNumber(root, `sys/class/hwmon/${name}/temp1_input`)),
  );
}

const degrees = (thousandths: number | null) => (thousandths === null ? null : thousandths / 1000);

function coreThrottling(root: string): (number | null)[] {
  return coresOf(root).map((core) =>
    readNumber(root, `${cpuFolder}/${core}/thermal_throttle/core_throttle_count`),
  );
}

/** Periods in which a container with a limit on its processor time had to wait. */
function containerThrottling(root: string): (number | null)[] {
  const periods = readText(root, 'sys/fs/cgroup/cpu.stat')?.match(/^nr_throttled (\d+)$/m);
  return [periods ? Number(periods[1]) : null];
}

function coresOf(root: string): string[] {
  return foldersOf(root, cpuFolder).filter((name) => /^cpu\d+$/.test(name));
}

function known(values: (number | null)[]): number[] {
  return values.filter((value) => value !== null);
}

function sumOf(values: (number | null)[]): number | null {
  return known(values).reduce<number | null>((sum, value) => (sum ?? 0) + value, null);
}

function highest(values: (number | null)[]): number | null {
  return known(values).reduce<number | null>((top, value) => Math.max(top ?? value, value), null);
}

/** Whatever the reason, what cannot be read is not known. */
function readText(root: string, path: string): string | null {
  try {
    return readFileSync(join(root, path), 'utf8').trim();
  } catch {
    return null;
  }
}

function readNumber(root: string, path: string): number | null {
  const text = readText(root, path);
  return text !== null && /^-?\d+$/.test(text) ? Number(text) : null;
}

function foldersOf(root: string, path: string): string[] {
  try {
    return readdirSync(join(root, path));
  } catch {
    return [];
  }
}
