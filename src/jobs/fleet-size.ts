/** How many workers a run is worth, and why. */
import { TopfiveError } from '../errors.ts';
import { counted, duration } from '../report/numbers.ts';
import type { Budget } from './spending.ts';

export interface FleetSize {
  workers: number;
  /** One clause for a person. */
  why: string;
}

export interface FleetLoad {
  /** Shards × groups. */
  jobs: number;
  /** What one worker would take for all of them; null when nothing is known. */
  deviceSeconds: number | null;
  deadlineSeconds?: number | undefined;
  budget?: Budget | undefined;
}

/** From the order to the first image, and paid: a host that boots, pulls a 3 GB image and opens its models. Assumed, not measured. */
export const hostStartSeconds = 240;
/** A host that works less than this is hardly worth its start. */
const worthwhileSeconds = 15 * 60;
/** A worker with four jobs is not kept waiting for the last of the others. */
const jobsPerWorker = 4;
/** Most workers for a run of unknown length. */
const cautious = 4;

/** @throws TopfiveError `spec` when the deadline and the budget cannot both be met, or the budget is too small for the work */
export function fleetSize(load: FleetLoad): FleetSize {
  const { jobs, deviceSeconds, deadlineSeconds, budget } = load;
  if (deviceSeconds === null) return unknownFleet(load);
  const affordable = budget ? affordableWorkers(budget, deviceSeconds) : Number.POSITIVE_INFINITY;
  if (deadlineSeconds === undefined) {
    const worthwhile = Math.max(1, Math.floor(deviceSeconds / worthwhileSeconds));
    const workers = Math.min(worthwhile, jobs, affordable);
    return { workers, why: whyOf(workers, { jobs, affordable }) };
  }
  const left = deadlineSeconds - hostStartSeconds;
  const needed = left > 0 ? Math.max(1, Math.ceil(deviceSeconds / left)) : Number.POSITIVE_INFINITY;
  if (needed > jobs) {
    throw new TopfiveError(
      'spec',
      `deadline: ${duration(deadlineSeconds)} is too short for ${duration(deviceSeconds)} of work in ${counted(jobs, 'job')} with ${duration(hostStartSeconds)} to start a host; allow more time, or make shards smaller`,
    );
  }
  if (needed > affordable) {
    throw new TopfiveError(
      'spec',
      `the deadline needs ${counted(needed, 'worker')} and the budget pays for ${affordable}; allow more time or money`,
    );
  }
  return {
    workers: needed,
    why: `so many end ${duration(deviceSeconds)} of work within ${duration(deadlineSeconds)}`,
  };
}

function unknownFleet({ jobs, deadlineSeconds, budget }: FleetLoad): FleetSize {
  const unknown = 'how long the work takes is not known before a first run';
  if (budget) return { workers: 1, why: `${unknown}, so that the budget cannot be divided` };
  const workers = Math.max(1, Math.min(cautious, Math.ceil(jobs / jobsPerWorker)));
  const unmet = deadlineSeconds === undefined ? '' : ', nor whether the deadline is met';
  return { workers, why: `${unknown}${unmet}` };
}

/** Each worker costs its start; the work costs the same however many share it. */
function affordableWorkers({ amount, hourlyRate }: Budget, deviceSeconds: number): number {
  const paidSeconds = (amount / hourlyRate) * 3600;
  const workers = Math.floor((paidSeconds - deviceSeconds) / hostStartSeconds);
  if (workers >= 1) return workers;
  throw new TopfiveError(
    'spec',
    `budget: ${amount} pays for ${duration(paidSeconds)} at ${hourlyRate} an hour, and the run takes ${duration(deviceSeconds + hostStartSeconds)} with the start of one host; raise it, or evaluate a subset`,
  );
}

function whyOf(workers: number, { jobs, affordable }: { jobs: number; affordable: number }) {
  if (workers === affordable) return 'so many starts does the budget pay';
  if (workers === jobs) return 'there are no more jobs';
  return workers === 1
    ? `a second host is worth its start from ${duration(2 * worthwhileSeconds)} of work on`
    : `each has ${duration(worthwhileSeconds)} of work or more, so that starting hosts stays a small part`;
}
