/** The latency record, `latency.json`: cells of model × precision × batch, measured or with the reason why not. */
import { z } from 'zod';
import { histogramSchema } from './latency-histogram.ts';
import { latencyModeNames } from './latency-modes.ts';
import { fingerprintSchema } from './records.ts';

const count = z.number().int().nonnegative();
const reading = z.number().nullable();

/** What a graphics processor says of itself at one moment. */
const acceleratorStateSchema = z.object({
  /** e.g. `P0`, the fastest. */
  powerState: z.string(),
  clockMHz: reading,
  memoryClockMHz: reading,
  temperatureC: reading,
  powerWatts: reading,
  powerLimitWatts: reading,
  memoryBytes: reading,
  /** Why it is slower than its settings say; its power limit is not among them. */
  slowedBy: z.array(z.string()),
});
export type AcceleratorState = z.infer<typeof acceleratorStateSchema>;

/** What a machine says of itself at one moment; null where it does not. */
const machineStateSchema = z.object({
  /** Mean over the cores. */
  clockMHz: reading,
  /** The hottest sensor. */
  temperatureC: reading,
  /** Times that a core or a container was throttled, since it started. */
  throttled: reading,
  /** Null on the CPU. */
  accelerator: acceleratorStateSchema.nullable(),
});
export type MachineState = z.infer<typeof machineStateSchema>;

/** What stays the same while a machine is measured; null where it cannot be read. */
const powerSettingsSchema = z.object({
  governor: z.string().nullable(),
  boost: z.boolean().nullable(),
  powerCapWatts: reading,
});
export type PowerSettings = z.infer<typeof powerSettingsSchema>;

/** One process: a fresh session, warmed up and measured until the stop rule ends it. */
const restartSchema = z.object({
  /** Of queries, in nanoseconds. */
  histogram: histogramSchema,
  /** `short`: time was up before the minimum count. */
  ending: z.enum(['stable', 'unstable', 'short']),
  /** The same queries with their pixels in the memory of the device already; null where the runtime cannot. */
  held: histogramSchema.nullable(),
  /** How far the means of the thirds are apart, as a fraction. */
  spread: z.number(),
  /** From the start of the first query to the end of the last. */
  seconds: z.number(),
  openSeconds: z.number(),
  /** Excluded from everything above. */
  warmUp: z.object({ runs: count, seconds: z.number() }),
  /** Rise of the resident memory, from before the session was opened to its peak. */
  memoryBytes: count,
  /** The same in the memory of the device; null on the CPU, and where it does not tell. */
  deviceMemoryBytes: reading,
  /** Images whose timed answer was compared with that of an untimed pass. */
  answers: z.object({
    compared: count,
    /** Another class came first, or a value was not finite. */
    differing: count,
    /** Largest difference of a logit, relative to the largest logit of its image. */
    largestDifference: z.number(),
    /** The class that came first of each untimed image; a slow restart has time for fewer of the same images. */
    classes: z.array(count).default([]),
  }),
  /** Cores that others kept busy meanwhile, the hypervisor's guests included; null where it cannot be read. */
  otherCores: reading,
  before: machineStateSchema,
  after: machineStateSchema,
});
export type Restart = z.infer<typeof restartSchema>;

const quoted = z.object({
  value: z.number(),
  /** 95%, over the means of at least five restarts; null with fewer. */
  interval: z.object({ low: z.number(), high: z.number() }).nullable(),
});
export type Quoted = z.infer<typeof quoted>;

const measuredSchema = z.object({
  /** Milliseconds a query. */
  mean: quoted,
  /** The same without the copy to the device; null where the runtime cannot measure it. */
  withoutCopy: quoted.nullable(),
  /** Milliseconds a query, of all restarts together, by the rule of `percentile`. */
  p50: z.number(),
  p90: z.number(),
  p99: z.number(),
  /** What MLPerf's early stopping lets p90 and p99 be called; null with too few queries. */
  safe: z.object({ p90: reading, p99: reading }),
  imagesPerSecond: quoted,
  imagesPerQuery: count,
  /** The largest of the restarts. */
  memoryBytes: count,
  deviceMemoryBytes: reading,
  stability: z.object({ stable: z.boolean(), reasons: z.array(z.string()) }),
  /** Whether the mode's rules are met, and a sentence on how. */
  validity: z.object({ valid: z.boolean(), reason: z.string() }),
  /** Of all restarts together. */
  histogram: histogramSchema,
  restarts: z.array(restartSchema).min(1),
});
export type Measured = z.infer<typeof measuredSchema>;

const cellSchema = z.object({
  model: z.string(),
  precision: z.enum(['fp32', 'fp16']),
  batch: z.number().int().positive(),
  resizeShort: count,
  crop: count,
  artifact: z.object({ sha256: z.string(), bytes: count, name: z.string() }),
  /** In what the device computes, e.g. fp32 for an fp16 model on the CPU. */
  arithmetic: z.string(),
  measured: measuredSchema.nullable(),
  /** Why it was not measured; null when it was. */
  reason: z.string().nullable(),
});
export type LatencyCell = z.infer<typeof cellSchema>;

export const latencyRecordSchema = z.object({
  schemaVersion: z.literal(1),
  kind: z.literal('latency'),
  id: z.string(),
  name: z.string(),
  status: z.enum(['complete', 'cancelled']),
  topfive: z.string(),
  createdAt: z.string(),
  finishedAt: z.string(),
  mode: z.enum(latencyModeNames),
  restarts: z.number().int().positive(),
  /** Of each restart, in seconds. */
  limits: z.object({ minSeconds: z.number(), maxSeconds: z.number() }),
  /** What lies between the start and the end of a timing, and of one without the copy, or why there is none. */
  spans: z.object({ timed: z.string(), withoutCopy: z.string() }),
  environment: fingerprintSchema.extend({
    /** Execution provider. */
    provider: z.string(),
    runtime: z.string(),
    cores: z.number().int().positive(),
    memoryBytes: count,
    power: powerSettingsSchema,
  }),
  cells: z.array(cellSchema),
});
export type LatencyRecord = z.infer<typeof latencyRecordSchema>;

/** Latency as a part of a run: a measurement, or why there is none. */
export const runLatencySchema = z.discriminatedUnion('kind', [
  latencyRecordSchema,
  z.object({ kind: z.literal('unmeasured'), reason: z.string() }),
]);
export type RunLatency = z.infer<typeof runLatencySchema>;
