/** The `latency:` block of a spec: which cells are measured, how, and for how long. */
import { z } from 'zod';
import { latencyModeNames } from '../scoring/latency-modes.ts';
import { fewestRestarts } from '../scoring/restarts.ts';

const seconds = z.number().positive().max(86_400);

export const latencySchema = z
  .strictObject({
    /** Images a run, one cell each: those of the seed's tables. */
    batch: z.array(z.number().int().positive().max(4096)).min(1).default([1, 4, 8]),
    /** Left out, the spec's own. */
    precision: z
      .array(z.enum(['fp32', 'fp16']))
      .min(1)
      .optional(),
    mode: z.enum(latencyModeNames).default('single-stream'),
    /** Processes for each cell; an interval needs five. */
    restarts: z.number().int().min(1).max(100).default(fewestRestarts),
    /** Of each restart: timed for at least so long, until it is stable, and at most so long. */
    minSeconds: seconds.default(2),
    maxSeconds: seconds.default(60),
    /** Threads inside one operator. */
    threads: z.number().int().positive().max(1024).default(1),
  })
  .refine(({ minSeconds, maxSeconds }) => minSeconds <= maxSeconds, {
    path: ['maxSeconds'],
    message: 'it must not be below minSeconds',
  });
export type LatencySpec = z.infer<typeof latencySchema>;
