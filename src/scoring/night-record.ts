/** The record of a night: what a nightly run came to. Reports of it need nothing else but its comparison. */
import { z } from 'zod';
import { latencyGateSchema } from './latency-gate.ts';
import { metricNames } from './paired.ts';

const count = z.number().int().nonnegative();

const gateSchema = z.object({
  id: z.string(),
  precision: z.string(),
  metric: z.enum(metricNames),
  verdict: z.enum(['pass', 'inconclusive', 'regression']),
  /** One sentence for a person. */
  explanation: z.string(),
  /** Whole images against a run; against a published figure not, for that is rounded. */
  lostImages: z.number(),
  marginImages: z.number(),
  noise: count,
  /** Why, by whom and until when this regression is known; null when nobody said so. */
  known: z.string().nullable(),
});
export type NightGate = z.infer<typeof gateSchema>;

export const nightSchema = z.object({
  schemaVersion: z.literal(1),
  /** Name of the run, which nights share. */
  name: z.string(),
  runId: z.string(),
  /** When the run finished. */
  at: z.iso.datetime(),
  /** Of what is wrong with the run, and of the gates whose regression is not known. */
  verdict: z.enum(['pass', 'regression', 'inconclusive', 'invalid']),
  /** The morning's line. */
  line: z.string(),
  /** Why there is no verdict by gates, or not only by them; one sentence each. */
  reasons: z.array(z.string()),
  /** What else a reader should know; one sentence each. */
  notes: z.array(z.string()),
  /** Run id; `published`; null when there was nothing to hold the night against. */
  baseline: z.string().nullable(),
  gates: z.array(gateSchema),
  /** Of the cells of the latency measurement; empty where the spec has no such gate. */
  latency: z.array(latencyGateSchema).default([]),
  /** Shard records that were taken over from earlier runs, of all. */
  reused: z.object({ shards: count, of: count }),
  stoppedEarly: z.boolean(),
  /** Which schedule asked for it, and when; absent where a person or a timer elsewhere began it. */
  scheduled: z.object({ schedule: z.string(), due: z.iso.datetime() }).optional(),
});
export type Night = z.infer<typeof nightSchema>;

export interface MissedNights {
  /** How many should have been between the last and now. */
  count: number;
  /** When the last one was; null when there was none since the timetable was made. */
  last: string | null;
  /** The usual time between two nights, or the timetable. */
  rhythm: { everySeconds: number } | { cron: string; timeZone: string };
}

/** A gap so many times longer than usual is no delay. */
const late = 1.5;
/** Nights that show what is usual. */
const usualNights = 3;

/** Judged by the usual distance of earlier nights; null when none was missed, or too few are known. */
export function missedNights(nights: readonly Pick<Night, 'at'>[], now: Date): MissedNights | null {
  const times = nights.map(({ at }) => Date.parse(at) / 1000);
  if (times.length < usualNights) return null;
  const steps = times.slice(1).map((time, index) => time - times[index]);
  const everySeconds = steps.sort((a, b) => a - b)[steps.length >> 1];
  const gap = now.getTime() / 1000 - times[times.length - 1];
  if (!(everySeconds > 0) || gap <= late * everySeconds) return null;
  const { at: last } = nights[nights.length - 1];
  return { count: Math.round(gap / everySeconds) - 1, last, rhythm: { everySeconds } };
}
