/** What a plan will take: work, bytes, time and price, before anything is spent. */
import type { Manifest } from '../data/manifest.ts';
import { type FleetSize, fleetSize, hostStartSeconds } from './fleet-size.ts';
import type { Pace } from './measured-pace.ts';
import type { Plan } from './plan.ts';
import { deadlineSeconds } from './spending.ts';

export interface Estimate {
  images: number;
  shards: number;
  /** In every shard but the last. */
  imagesPerShard: number;
  /** Models that share one decode, and what a worker holds of them at a time. */
  groups: { models: string[]; artifactBytes: number }[];
  /** Shards × groups. */
  jobs: number;
  bytes: {
    /** Read by all workers together: every image once a group. */
    images: number;
    /** Images whose size the dataset does not tell; they are not in the sum. */
    unsized: number;
    /** Fetched once by each host that does not have them yet. */
    artifacts: number;
  };
  /** Multiply-accumulates of all models on all images; null where a model's cannot be counted. */
  macs: number | null;
  /** One worker's time for all the work, starts not included; null when a model was never measured. */
  deviceSeconds: number | null;
  models: EstimatedModel[];
  workers: { count: number; why: string };
  price: { hourlyRate: number; paidSeconds: number; amount: number } | null;
}

export interface EstimatedModel {
  id: string;
  precision: string;
  /** Of one image. */
  macs: number | null;
  /** In an earlier run; null when there is none. */
  measured: Pace | null;
}

export interface EstimateInput {
  manifest: Manifest;
  /** In the order of the plan's models. */
  paces: (Pace | undefined)[];
  /** Price of one worker for an hour; the spec's budget says it otherwise. */
  hourlyRate?: number | undefined;
  /** Workers that a person asked for. */
  workers?: number | undefined;
}

export function estimate(plan: Plan, { manifest, paces, ...wish }: EstimateInput): Estimate {
  const { shards, models, groups, spec } = plan;
  const images = manifest.entries.length;
  const sized = manifest.entries.flatMap(({ bytes }) => bytes ?? []);
  const deviceSeconds = workOf(plan, paces);
  const jobs = shards.length * groups.length;
  const { workers: count, why } =
    wish.workers === undefined
      ? fleetFor(plan, paces)
      : { workers: wish.workers, why: 'as asked for' };
  const hourlyRate = wish.hourlyRate ?? spec.budget?.hourlyRate;
  return {
    images,
    shards: shards.length,
    imagesPerShard: shards[0].end,
    groups: groups.map((members) => ({
      models: members.map((index) => nameOf(models[index])),
      artifactBytes: bytesOf(members.map((index) => models[index])),
    })),
    jobs,
    bytes: {
      images: groups.length * sized.reduce((sum, bytes) => sum + bytes, 0),
      unsized: images - sized.length,
      artifacts: bytesOf(models),
    },
    macs: sumOf(models.map(({ cost }) => cost && cost.macs * images)),
    deviceSeconds,
    models: models.map(({ id, precision, cost }, index) => ({
      id,
      precision,
      macs: cost?.macs ?? null,
      measured: paces[index] ?? null,
    })),
    workers: { count, why },
    price:
      hourlyRate === undefined || deviceSeconds === null
        ? null
        : priceOf(hourlyRate, deviceSeconds + count * hostStartSeconds),
  };
}

/** How many workers the plan is worth. */
export function fleetFor(plan: Plan, paces: EstimateInput['paces']): FleetSize {
  const { shards, groups, spec } = plan;
  return fleetSize({
    jobs: shards.length * groups.length,
    deviceSeconds: workOf(plan, paces),
    deadlineSeconds: spec.deadline === undefined ? undefined : deadlineSeconds(spec.deadline),
    budget: spec.budget,
  });
}

/** Seconds of one worker; null when a model was never measured. */
function workOf({ dataset: { images } }: Plan, paces: EstimateInput['paces']): number | null {
  return sumOf(paces.map((pace) => pace && pace.secondsPerImage * images));
}

function priceOf(hourlyRate: number, paidSeconds: number) {
  return { hourlyRate, paidSeconds, amount: (paidSeconds / 3600) * hourlyRate };
}

const nameOf = ({ id, precision }: Plan['models'][number]) => `${id} ${precision}`;

function bytesOf(models: Plan['models']): number {
  return models.reduce((sum, { artifact }) => sum + artifact.bytes, 0);
}

/** Null as soon as a part is not known. */
function sumOf(parts: (number | null | undefined)[]): number | null {
  let sum = 0;
  for (const part of parts) {
    if (part === null || part === undefined) return null;
    sum += part;
  }
  return sum;
}
