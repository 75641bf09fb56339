/** Which device computes: the one that was asked for, or the best that works here. */
import { TopfiveError } from '../errors.ts';
import type { Device } from '../onnx/device.ts';
import { obstacleTo } from './gpu.ts';

/** Best first. TensorRT builds an engine for minutes before its first answer, so it is never chosen unasked. */
const candidates = ['cuda', 'webgpu'] as const satisfies Device[];

export interface ChosenDevice {
  device: Device;
  /** Why this one, for the log. */
  why: string;
}

/**
 * @param tryOut tries a device in a process of its own; null when it works, or else why not
 * @throws TopfiveError `usage` when the device that was asked for does not work
 */
export async function chooseDevice(
  wanted: 'auto' | Device,
  tryOut: (device: Device) => Promise<string | null>,
): Promise<ChosenDevice> {
  if (wanted !== 'auto') return { device: await insistOn(wanted, tryOut), why: 'it was asked for' };
  const obstacles: string[] = [];
  for (const device of candidates) {
    const obstacle = obstacleTo(device) ?? (await tryOut(device));
    if (obstacle === null) {
      return { device, why: ['it computes as it should', ...obstacles].join('; ') };
    }
    obstacles.push(`${device}: ${obstacle}`);
  }
  return { device: 'cpu', why: obstacles.join('; ') };
}

async function insistOn(
  device: Device,
  tryOut: (device: Device) => Promise<string | null>,
): Promise<Device> {
  const obstacle = device === 'cpu' ? null : await tryOut(device);
  if (obstacle === null) return device;
  throw new TopfiveError(
    'usage',
    `the device ${device} was asked for, but does not work on this machine: choose --device cpu, or install its driver and libraries (${obstacle})`,
  );
}
