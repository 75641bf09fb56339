/** From the restarts of one cell to the figures that are quoted, and to what must be said about them. */
import { addHistograms, emptyHistogram, type Histogram } from './latency-histogram.ts';
import { type LatencyMode, latencyModes, submissionSeconds } from './latency-modes.ts';
import { percentile, safePercentile } from './latency-percentile.ts';
import type { Measured, Quoted, Restart } from './latency-record.ts';
import { restartMean } from './restarts.ts';

/** Cores that others may keep busy before a measurement counts as disturbed: an idle Linux stays below a tenth of it. */
const busyCores = 0.2;
/** Half the width of an interval, as a fraction of the mean, from which restarts are said to differ. */
const wideInterval = 0.1;

const nanosecondsPerMs = 1e6;

/** @param restarts at least one */
export function measuredOf(
  restarts: readonly Restart[],
  { mode, batch }: { mode: LatencyMode; batch: number },
): Measured {
  const imagesPerQuery = latencyModes[mode].imagesPerQuery(batch);
  const histogram = restarts.map((one) => one.histogram).reduce(addHistograms, emptyHistogram);
  const safe = (permille: number) => {
    const nanoseconds = safePercentile(histogram, permille);
    return nanoseconds === null ? null : milliseconds(nanoseconds);
  };
  const mean = quotedOf(restarts.map(({ histogram: { sum, count } }) => milliseconds(sum / count)));
  return {
    mean,
    withoutCopy: withoutCopyOf(restarts),
    p50: milliseconds(percentile(histogram, 500)),
    p90: milliseconds(percentile(histogram, 900)),
    p99: milliseconds(percentile(histogram, 990)),
    safe: { p90: safe(900), p99: safe(990) },
    imagesPerSecond: quotedOf(restarts.map((one) => rateOf(one, { mode, imagesPerQuery }))),
    imagesPerQuery,
    memoryBytes: Math.max(...restarts.map(({ memoryBytes }) => memoryBytes)),
    deviceMemoryBytes: restarts.reduce<number | null>(
      (most, { deviceMemoryBytes: one }) => (one === null ? most : Math.max(most ?? 0, one)),
      null,
    ),
    stability: stabilityOf(restarts, mean),
    validity: validityOf(restarts, { mode, batch }),
    histogram,
    restarts: [...restarts],
  };
}

const milliseconds = (nanoseconds: number) => nanoseconds / nanosecondsPerMs;

const meanOf = ({ sum, count }: Histogram) => milliseconds(sum / count);

function withoutCopyOf(restarts: readonly Restart[]): Quoted | null {
  const means = restarts.flatMap(({ held }) => (held ? [meanOf(held)] : []));
  return means.length < restarts.length ? null : quotedOf(means);
}

function quotedOf(values: number[]): Quoted {
  const { mean, interval } = restartMean(values);
  return { value: mean, interval };
}

/** Offline counts until the last answer, what lies between the queries included. */
function rateOf(
  { histogram: { count, sum }, seconds }: Restart,
  { mode, imagesPerQuery }: { mode: LatencyMode; imagesPerQuery: number },
): number {
  const within = mode === 'offline' ? seconds : sum / 1e9;
  return (count * imagesPerQuery) / within;
}

function stabilityOf(restarts: readonly Restart[], mean: Quoted): Measured['stability'] {
  const reasons = [
    tell(restarts, {
      among: ({ spread, ending }) => ending === 'unstable' && spread,
      says: (worst) => `the thirds of the measurement differ by up to ${percentText(worst)}`,
    }),
    tell(restarts, {
      among: ({ otherCores }) => otherCores !== null && otherCores > busyCores && otherCores,
      says: (worst) => `other work kept up to ${worst.toFixed(2)} cores busy`,
    }),
    tell(restarts, {
      among: ({ before, after }) => (after.throttled ?? 0) - (before.throttled ?? 0),
      says: (worst) => `the processor was throttled up to ${worst} times`,
    }),
    tell(restarts, {
      among: ({ after }) => after.accelerator?.slowedBy.length ?? 0,
      says: () => `the device was slowed down (${slowedBy(restarts).join(', ')})`,
    }),
    ...differingRestarts(mean),
  ].flat();
  return { stable: reasons.length === 0, reasons };
}

function slowedBy(restarts: readonly Restart[]): string[] {
  return [...new Set(restarts.flatMap(({ after }) => after.accelerator?.slowedBy ?? []))];
}

interface Trouble {
  /** How bad it was in a restart; false or nothing where it was not. */
  among: (restart: Restart) => number | false;
  says: (worst: number) => string;
}

function tell(restarts: readonly Restart[], { among, says }: Trouble): string[] {
  const troubled = restarts.map(among).filter((value) => value !== false && value > 0);
  if (troubled.length === 0) return [];
  const worst = Math.max(...(troubled as number[]));
  return [`in ${troubled.length} of ${restarts.length} restarts ${says(worst)}`];
}

function differingRestarts({ value, interval }: Quoted): string[] {
  const half = interval ? (interval.high - interval.low) / 2 / value : 0;
  return half > wideInterval ? [`restarts differ: the mean is known to ±${percentText(half)}`] : [];
}

const percentText = (fraction: number) => `${(100 * fraction).toFixed(0)}%`;

function validityOf(
  restarts: readonly Restart[],
  { mode, batch }: { mode: LatencyMode; batch: number },
): Measured['validity'] {
  const queries = restarts.reduce((sum, { histogram }) => sum + histogram.count, 0);
  const seconds = restarts.reduce((sum, one) => sum + one.seconds, 0);
  const differing = restarts.reduce((sum, { answers }) => sum + answers.differing, 0);
  const fewest = latencyModes[mode].fewestQueries(batch);
  const broken = [
    ...(queries < fewest ? [`${queries} queries, where ${mode} needs ${fewest}`] : []),
    ...(differing > 0 ? [`${differing} timed answers differ from those of the untimed pass`] : []),
    ...(disagree(restarts) ? ['restarts gave different answers for the same images'] : []),
  ];
  if (broken.length > 0) return { valid: false, reason: broken.join('; ') };
  const reason = `${queries} queries, where ${mode} needs ${fewest}; ${seconds.toFixed(1)} s, where an MLPerf submission needs ${submissionSeconds}`;
  return { valid: true, reason };
}

/** On the images that every restart has answered. */
function disagree(restarts: readonly Restart[]): boolean {
  const [first, ...others] = restarts.map(({ answers }) => answers.classes);
  const shared = Math.min(...restarts.map(({ answers }) => answers.classes.length));
  return others.some((classes) => classes.slice(0, shared).some((each, at) => each !== first[at]));
}
