/** The machine and process that compute a record. */
import { arch, cpus, hostname, platform, release } from 'node:os';
import type { Fingerprint } from '../scoring/records.ts';

export function readFingerprint(threads: number): Fingerprint {
  return {
    host: hostname(),
    device: cpus()[0]?.model.trim() ?? 'unknown processor',
    threads,
    node: process.version,
    os: `${platform()} ${release()} ${arch()}`,
  };
}
