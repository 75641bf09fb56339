/** A platform that runs containers as jobs, and the workers of a run on one. */
import { setTimeout as sleep } from 'node:timers/promises';
import { messageOf, TopfiveError } from '../errors.ts';
import type { Fleet, FleetOrder, Launcher } from './launcher.ts';

/** What a job is for; the platform has a definition of each. */
export type Role = 'worker' | 'coordinator';

export interface JobKey {
  runId: string;
  role: Role;
}

export interface PlatformJob {
  /** As the platform calls it. */
  id: string;
  /** Its members that have not ended, started or not. */
  alive: number;
}

export interface JobOrder extends JobKey {
  /** Arguments of `topfive`. */
  args: string[];
  /** Added to the environment of the definition. */
  env: Record<string, string>;
  /** How many copies run side by side. */
  members: number;
}

/** Everything that topfive asks of a platform. Refusals are TopfiveErrors in one sentence. */
export interface JobPlatform {
  /** What `topfive worker` is to know of hosts there. */
  readonly workerArgs: readonly string[];
  start(order: JobOrder): Promise<void>;
  /** Jobs that have not ended. */
  list(key: JobKey): Promise<PlatformJob[]>;
  /** Ends a job and what it has not started yet; one that has ended already is no error. */
  end(id: string): Promise<void>;
}

export interface PlatformOptions {
  platform: JobPlatform;
  env: Record<string, string>;
  onLine: (line: string) => void;
  /** How often the platform is asked for the jobs, in milliseconds. */
  lookMs?: number;
}

/** Platforms kill a container 30 s after they told it to end; a shard is given back before. */
export const graceArgs = ['--grace', '25'] as const;

/** Platforms count requests, and a host takes minutes to come. */
const usualLookMs = 15_000;
/** A platform that does not answer for so long, in milliseconds, is told of; the workers do not need it. */
const silenceMs = 300_000;

export function platformLauncher(options: PlatformOptions): Launcher {
  return { start: (order) => startFleet(order, options) };
}

async function startFleet(
  { runId, workers, args }: FleetOrder,
  { platform, env, onLine, lookMs = usualLookMs }: PlatformOptions,
): Promise<Fleet> {
  const key = { runId, role: 'worker' } as const;
  const left = await countAlive(platform, key);
  if (left > 0) onLine(`${left} workers of an earlier coordinator are there`);
  if (workers > left) {
    const command = ['worker', '--run', runId, ...platform.workerArgs, ...args];
    await platform.start({ ...key, args: command, env, members: workers - left });
  }
  const leaving = new AbortController();
  const stop = async () => {
    leaving.abort();
    try {
      for (const { id } of await platform.list(key)) await platform.end(id);
    } catch (error) {
      // Workers see the end of their run by themselves; the result stands.
      onLine(`workers that have not started may be left: ${messageOf(error)}`);
    }
  };
  const done = waitForEnd(key, { platform, onLine, lookMs, signal: leaving.signal });
  return { done, stop, release: async () => leaving.abort() };
}

async function countAlive(platform: JobPlatform, key: JobKey): Promise<number> {
  return (await platform.list(key)).reduce((sum, { alive }) => sum + alive, 0);
}

interface Waiting extends Pick<PlatformOptions, 'platform' | 'onLine'> {
  lookMs: number;
  signal: AbortSignal;
}

/** Resolves when no worker is left; never when the fleet is left alone before. */
async function waitForEnd(
  key: JobKey,
  { platform, onLine, lookMs, signal }: Waiting,
): Promise<void> {
  let silentSince: number | undefined;
  for (;;) {
    await sleep(lookMs, undefined, { signal, ref: false }).catch(() => {});
    if (signal.aborted) return new Promise(() => {});
    try {
      if ((await countAlive(platform, key)) === 0) return;
      silentSince = undefined;
    } catch (error) {
      silentSince ??= performance.now();
      if (performance.now() - silentSince < silenceMs) continue;
      onLine(`the platform does not say how its workers are: ${messageOf(error)}`);
      silentSince = performance.now();
    }
  }
}

/**
 * Has a coordinator run there, so that this machine may be switched off.
 * @param args of `topfive`
 */
export async function launchCoordinator(
  runId: string,
  { platform, args, env }: Pick<JobOrder, 'args' | 'env'> & { platform: JobPlatform },
): Promise<void> {
  const key = { runId, role: 'coordinator' } as const;
  if ((await countAlive(platform, key)) > 0) {
    throw new TopfiveError('usage', `run ${runId} has a coordinator there already`);
  }
  await platform.start({ ...key, args, env, members: 1 });
}
