/** What can be learnt of a graphics processor without computing on it: whether there is one, its name, its state. */
import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { basename, join } from 'node:path';
import type { Device } from '../onnx/device.ts';
import type { AcceleratorState } from '../scoring/latency-record.ts';

type Accelerator = Exclude<Device, 'cpu'>;

/**
 * Why a device cannot be here, as far as Linux shows it, so that it need not be tried; null when it may.
 * @param root where `dev` is
 */
export function obstacleTo(device: Accelerator, root = '/'): string | null {
  const files = filesOf(root, 'dev');
  const nvidia = files.some((name) => /^nvidia\d+$/.test(name) || name === 'dxg');
  if (device !== 'webgpu') return nvidia ? null : 'there is no NVIDIA GPU';
  // Elsewhere every machine has a graphics processor; software that plays one is not what `auto` means.
  if (process.platform !== 'linux' || nvidia) return null;
  const rendering = filesOf(root, 'dev/dri').some((name) => name.startsWith('renderD'));
  return rendering ? null : 'there is no GPU';
}

export interface GpuIdentity {
  name: string;
  driver: string | null;
}

/**
 * @param vulkanDrivers files that name the Vulkan drivers in place of the system's
 * @param root where `sys` is
 */
export function identifyGpu(
  device: Accelerator,
  { vulkanDrivers, root = '/' }: { vulkanDrivers: string | undefined; root?: string },
): GpuIdentity {
  const chosen = device === 'webgpu' ? vulkanName(vulkanDrivers) : null;
  if (chosen !== null) return { name: chosen, driver: vulkanDrivers ?? null };
  const nvidia = queryNvidia(['name', 'driver_version']);
  if (nvidia) return { name: nvidia[0], driver: `NVIDIA ${nvidia[1]}` };
  return (device === 'webgpu' ? graphicsCard(root) : null) ?? { name: 'unknown GPU', driver: null };
}

/** The library that a Vulkan driver file names, e.g. `libvk_swiftshader.so`. */
function vulkanName(drivers: string | undefined): string | null {
  const file = drivers?.split(':')[0];
  if (file === undefined) return null;
  const library = /"library_path"\s*:\s*"([^"]+)"/.exec(readText(file) ?? '')?.[1];
  return `Vulkan ${basename(library ?? file)}`;
}

/** By the numbers of its maker and model, which say the same on every machine. */
function graphicsCard(root: string): GpuIdentity | null {
  for (const card of filesOf(root, 'sys/class/drm').filter((name) => /^card\d+$/.test(name))) {
    const folder = join(root, 'sys/class/drm', card, 'device');
    const [vendor, model] = ['vendor', 'device'].map((name) => readText(join(folder, name)));
    if (vendor === null || model === null) continue;
    return { name: `PCI ${vendor.slice(2)}:${model.slice(2)}`, driver: driverOf(folder) };
  }
  return null;
}

function driverOf(folder: string): string | null {
  try {
    return basename(readlinkSync(join(folder, 'driver')));
  } catch {
    return null;
  }
}

/** Bits of `clocks_throttle_reasons.active` (nvml.h) that slow a device down beyond its settings. */
const slowing: Record<string, number> = {
  'hardware slowdown': 0x08,
  'software thermal': 0x20,
  'hardware thermal': 0x40,
  'power brake': 0x80,
};

/** Null where there is no NVIDIA GPU, or its tool is not installed. */
export function readAccelerator(): AcceleratorState | null {
  const fields = queryNvidia([
    'pstate',
    'clocks.sm',
    'clocks.mem',
    'temperature.gpu',
    'power.draw',
    'power.limit',
    'memory.used',
    'clocks_throttle_reasons.active',
  ]);
  if (!fields) return null;
  const [powerState, ...figures] = fields;
  const [clockMHz, memoryClockMHz, temperatureC, powerWatts, powerLimitWatts, mebibytes] =
    figures.map((text) => (/^-?[\d.]+$/.test(text) ? Number(text) : null));
  const active = Number.parseInt(fields[7], 16) || 0;
  return {
    powerState,
    clockMHz,
    memoryClockMHz,
    temperatureC,
    powerWatts,
    powerLimitWatts,
    memoryBytes: mebibytes === null ? null : mebibytes * 2 ** 20,
    slowedBy: Object.keys(slowing).filter((reason) => (active & slowing[reason]) !== 0),
  };
}

/** Bytes of the device's own memory; null where it is not known. */
export function deviceMemory(device: Accelerator): number | null {
  if (device === 'webgpu') return null;
  const mebibytes = Number(queryNvidia(['memory.total'])?.[0]);
  return mebibytes > 0 ? mebibytes * 2 ** 20 : null;
}

/** Of the first GPU, which is the one that the runtime uses. */
function queryNvidia(fields: string[]): string[] | null {
  const args = [`--query-gpu=${fields.join(',')}`, '--format=csv,noheader,nounits'];
  try {
    const said = execFileSync('nvidia-smi', args, {
      encoding: 'utf8',
      timeout: 10_000,
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    const values = said
      .split('\n')[0]
      .split(',')
      .map((text) => text.trim());
    return values.length === fields.length ? values : null;
  } catch {
    return null;
  }
}

function readText(path: string): string | null {
  try {
    return readFileSync(path, 'utf8').trim();
  } catch {
    return null;
  }
}

function filesOf(root: string, path: string): string[] {
  const folder = join(root, path);
  return existsSync(folder) ? readdirSync(folder) : [];
}
