/** Who starts the workers of a run: the option, what it means, and the launcher that it names. */
import { InvalidArgumentError, Option } from 'commander';
import { TopfiveError } from '../errors.ts';
import { fleetFor } from '../jobs/estimate.ts';
import type { FleetSize } from '../jobs/fleet-size.ts';
import { readPaces } from '../jobs/measured-pace.ts';
import type { Plan } from '../jobs/plan.ts';
import { shareArtifacts } from '../jobs/share-artifacts.ts';
import type { Spec } from '../jobs/spec.ts';
import { openPlatform, type PlatformName, platformNames } from '../launch/open-platform.ts';
import type { JobPlatform } from '../launch/platform.ts';
import { readLaunchSettings } from '../launch/settings.ts';
import type { Submission } from '../runs/submit.ts';
import { isS3Uri } from '../storage/s3-uri.ts';
import type { Storage } from '../storage/storage.ts';
import { whileWriting } from './while-writing.ts';

/** Who starts workers, and how many of them. */
export type LaunchChoice =
  | { who: 'none' }
  | { who: 'local'; workers: number }
  | { who: PlatformName; workers?: number };

/** Workers that the shards of a run are cut for where the platform decides later how many there are. */
const usualFleet = 16;

export function launchOption(none: string): Option {
  return new Option(
    '--launch <who>',
    `who works: ${none}; local:N (N workers here); aws-batch or kubernetes (workers there, :N says how many)`,
  ).argParser(readLaunch);
}

function readLaunch(text: string): LaunchChoice {
  if (text === 'none') return { who: 'none' };
  const [, who, count] = /^([a-z-]+)(?::([1-9]\d{0,3}))?$/.exec(text) ?? [];
  const workers = count === undefined ? undefined : Number(count);
  if (who === 'local' && workers !== undefined) return { who, workers };
  const platform = platformNames.find((name) => name === who);
  if (platform) return { who: platform, ...(workers !== undefined && { workers }) };
  throw new InvalidArgumentError(
    'It must be none, local:N, aws-batch, aws-batch:N, kubernetes or kubernetes:N.',
  );
}

export type PlatformChoice = Extract<LaunchChoice, { who: PlatformName }>;

export function isPlatform(choice: LaunchChoice | undefined): choice is PlatformChoice {
  return choice !== undefined && choice.who !== 'none' && choice.who !== 'local';
}

export function openChosen({ who }: PlatformChoice): Promise<JobPlatform> {
  return openPlatform(who, readLaunchSettings());
}

/** How many workers a run is cut for, and whether they are of another kind than this machine. */
export function expectedFleet(choice: LaunchChoice | undefined, cores: number) {
  if (isPlatform(choice)) return { workers: choice.workers ?? usualFleet, elsewhere: true };
  return { workers: choice?.who === 'local' ? choice.workers : cores, elsewhere: false };
}

/** As many as a person said, or as the plan is worth. */
export async function chosenFleet(
  { workers }: PlatformChoice,
  { plan, storage }: { plan: Plan; storage: Storage },
): Promise<FleetSize> {
  if (workers !== undefined) return { workers, why: 'as asked for' };
  return fleetFor(plan, await readPaces(storage, plan.models, plan.spec.device));
}

/** What workers on a platform are told of this command's settings; the rest is in the platform's definition. */
export function platformEnv(childEnv: NodeJS.ProcessEnv, storage: Storage): Record<string, string> {
  const { TOPFIVE_LOG_LEVEL: level } = childEnv;
  return { TOPFIVE_STORE: storage.uri, ...(level && { TOPFIVE_LOG_LEVEL: level }) };
}

/**
 * Labels are read when a run is submitted, and models are copied; what is too large for that has to be there.
 * @throws TopfiveError `usage` for the store or the dataset, if only this machine has it
 */
export function requireReachable(
  spec: Spec,
  { who, store }: { who: PlatformName; store: string },
): void {
  const places = { store, dataset: spec.dataset.uri };
  for (const [what, place] of Object.entries(places)) {
    if (isS3Uri(place)) continue;
    throw new TopfiveError(
      'usage',
      `the ${what} is ${place}, which workers on ${who} cannot reach: put it on S3 and name it as s3://bucket/…`,
    );
  }
}

/** With the models that only this machine has in the store of the run. */
export async function shareModels(
  { plan, ...rest }: Submission,
  { storage, ci }: { storage: Storage; ci: boolean },
): Promise<Submission> {
  const label = 'models to the store';
  const shared = await whileWriting({ label, ci }, ({ signal, progressOf }) =>
    shareArtifacts(plan, { storage, signal, onProgress: progressOf('copied') }),
  );
  return { ...rest, plan: shared };
}
