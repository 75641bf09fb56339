/** The platforms by name; each is loaded when it is asked for. */

import type { JobPlatform } from './platform.ts';
import type { LaunchSettings } from './settings.ts';

const platforms = {
  'aws-batch': async (settings: LaunchSettings) =>
    (await import('./aws-batch.ts')).openBatch(settings),
  kubernetes: async (settings: LaunchSettings) =>
    (await import('./kubernetes.ts')).openKubernetes(settings),
};

export type PlatformName = keyof typeof platforms;
export const platformNames = Object.keys(platforms) as PlatformName[];

export function openPlatform(name: PlatformName, settings: LaunchSettings): Promise<JobPlatform> {
  return platforms[name](settings);
}
