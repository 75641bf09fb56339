/** The machine and process that compute a record. */
import { arch, cpus, hostname, platform, release } from 'node:os';
import { readEnvironment } from '../config.ts';
import type { Device } from '../onnx/device.ts';
import type { Fingerprint } from '../scoring/records.ts';
import { identifyGpu } from './gpu.ts';

export function readFingerprint({
  threads,
  device,
}: {
  threads: number;
  device: Device;
}): Fingerprint {
  const { vulkanDrivers } = readEnvironment();
  const computing =
    device === 'cpu'
      ? { name: cpus()[0]?.model.trim() ?? 'unknown processor', driver: null }
      : identifyGpu(device, { vulkanDrivers });
  return {
    host: hostname(),
    device: computing.name,
    driver: computing.driver,
    threads,
    node: process.version,
    os: `${platform()} ${release()} ${arch()}`,
  };
}
