/** The latency gate of a night: how many times longer a query takes than in the baseline, by the intervals of both. */
import { z } from 'zod';
import type { LatencyCell, LatencyRecord, RunLatency } from './latency-record.ts';

const ratio = z.number().positive();

export const latencyGateSchema = z.object({
  id: z.string(),
  precision: z.string(),
  batch: z.number().int().positive(),
  verdict: z.enum(['pass', 'inconclusive', 'regression', 'not-judged']),
  /** Mean of the candidate over that of the baseline, and between which values it lies; null where it is not judged. */
  ratio: z.object({ value: ratio, low: ratio, high: ratio }).nullable(),
  limit: ratio,
  /** One sentence for a person. */
  explanation: z.string(),
});
export type LatencyGate = z.infer<typeof latencyGateSchema>;

export interface LatencySides {
  baseline: RunLatency | null;
  candidate: RunLatency | null;
}

/**
 * One gate for each cell of the candidate. The ratio lies between the quotients of the far ends of two 95% intervals,
 * which holds them both with at least 90%. A gate passes when all of that is within the limit, and fails when none is.
 * @returns why there are no gates in `reason`; null where there are some
 */
export function judgeLatency(
  { baseline, candidate }: LatencySides,
  limit: number,
): { gates: LatencyGate[]; reason: string | null } {
  const missing = whyUnmeasured(candidate, 'this run') ?? whyUnmeasured(baseline, 'the baseline');
  if (missing !== null || candidate?.kind !== 'latency' || baseline?.kind !== 'latency') {
    return { gates: [], reason: `Latency is not judged, because ${missing}.` };
  }
  const unlike = unlikeConditions(baseline, candidate);
  return {
    gates: candidate.cells.map((cell) => judgeCell(cell, { baseline, unlike, limit })),
    reason: null,
  };
}

function whyUnmeasured(latency: RunLatency | null, whose: string): string | null {
  if (latency === null) return `${whose} has none; "latency:" in the spec measures it`;
  return latency.kind === 'unmeasured' ? `in ${whose} it failed: ${latency.reason}` : null;
}

/**
 * What must be equal for a ratio to be about the software. Runtime and driver are not among it: they are what a night
 * may find slower.
 */
function unlikeConditions(baseline: LatencyRecord, candidate: LatencyRecord): string[] {
  const [a, b] = [baseline, candidate].map(({ mode, environment }) => ({
    mode,
    device: environment.device,
    provider: environment.provider,
    threads: environment.threads,
    cores: environment.cores,
    power: Object.values(environment.power).join(', '),
  }));
  return (Object.keys(a) as (keyof typeof a)[]).flatMap((name) =>
    a[name] === b[name] ? [] : `${name} differs (${a[name]} and ${b[name]})`,
  );
}

function judgeCell(
  cell: LatencyCell,
  { baseline, unlike, limit }: { baseline: LatencyRecord; unlike: string[]; limit: number },
): LatencyGate {
  const { model: id, precision, batch } = cell;
  const same = baseline.cells.find(
    (one) => one.model === id && one.precision === precision && one.batch === batch,
  );
  const judged = ratioOf({ same, cell, unlike });
  const gate = { id, precision, batch, limit };
  if ('reason' in judged) {
    const explanation = `Not judged, because ${judged.reason}.`;
    return { ...gate, verdict: 'not-judged', ratio: null, explanation };
  }
  const { low, high, value } = judged;
  const verdict = high <= limit ? 'pass' : low > limit ? 'regression' : 'inconclusive';
  const explanation = `A query takes ${value.toFixed(3)} times as long as in the baseline, between ${low.toFixed(3)} and ${high.toFixed(3)}; the limit is ${limit}.`;
  return { ...gate, verdict, ratio: judged, explanation };
}

function ratioOf({
  same,
  cell,
  unlike,
}: {
  same: LatencyCell | undefined;
  cell: LatencyCell;
  unlike: string[];
}): NonNullable<LatencyGate['ratio']> | { reason: string } {
  if (!same) return { reason: 'the baseline did not measure it' };
  const shape = ({ arithmetic, resizeShort, crop }: LatencyCell) =>
    `${arithmetic}, resize ${resizeShort}, crop ${crop}`;
  const other = shape(same) === shape(cell) ? [] : [`${shape(same)} became ${shape(cell)}`];
  const [unequal] = [...unlike, ...other];
  if (unequal !== undefined) return { reason: unequal };
  const [before, now] = [same, cell].map((one, side) => meanOf(one, side === 0 ? 'then' : 'now'));
  if ('reason' in before) return before;
  if ('reason' in now) return now;
  return {
    value: now.value / before.value,
    low: now.low / before.high,
    high: now.high / before.low,
  };
}

function meanOf(
  { measured, reason }: LatencyCell,
  when: string,
): { value: number; low: number; high: number } | { reason: string } {
  if (!measured) return { reason: `it could not be measured ${when}: ${reason}` };
  const { stability, mean } = measured;
  if (!stability.stable)
    return { reason: `it was unstable ${when}: ${stability.reasons.join('; ')}` };
  if (!mean.interval || mean.interval.low <= 0) {
    return { reason: `it has no interval ${when}, which needs five restarts` };
  }
  return { value: mean.value, ...mean.interval };
}
