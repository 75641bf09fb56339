/** What travels through the queue: ids and ranges, never results; and the ids of jobs. */
import { z } from 'zod';
import { TopfiveError } from '../errors.ts';
import type { ShardJob } from '../jobs/missing.ts';

const runShape = {
  /** No `:`, which the queue keeps for itself, and not a bare integer. */
  runId: z
    .string()
    .min(1)
    .max(200)
    .regex(/^(?!\d+$)[^:]+$/),
  /** URI of the storage that holds the run. */
  store: z.string().min(1),
};
const index = z.number().int().nonnegative();

export const runPayloadSchema = z.strictObject(runShape);
export type RunPayload = z.infer<typeof runPayloadSchema>;

export const shardPayloadSchema = z.strictObject({ ...runShape, shard: index, group: index });
export type ShardPayload = z.infer<typeof shardPayloadSchema>;

/** What a timetable puts on the queue: which schedule of which storage. */
export const nightPayloadSchema = z.strictObject({
  store: runShape.store,
  schedule: z.string().min(1).max(200),
});
export type NightPayload = z.infer<typeof nightPayloadSchema>;

/** Bytes of a payload as JSON; what does not fit belongs in storage. */
const payloadLimit = 1024;

/** Checks a payload before it is added; a `queue` error says what is wrong with it. */
export function checkPayload<T>(schema: z.ZodType<T>, payload: T): T {
  const bytes = Buffer.byteLength(JSON.stringify(payload));
  if (bytes > payloadLimit) {
    throw new TopfiveError(
      'queue',
      `a job on the queue holds at most ${payloadLimit} bytes and this one has ${bytes}: use a shorter store URI or run id`,
    );
  }
  return parsePayload(schema, payload);
}

/** Reads a payload off the queue; a `queue` error names the field that is wrong. */
export function parsePayload<T>(schema: z.ZodType<T>, data: unknown): T {
  const parsed = schema.safeParse(data);
  if (parsed.success) return parsed.data;
  const problems = parsed.error.issues.map(({ path, message }) =>
    path.length ? `${path.join('.')}: ${message}` : message,
  );
  throw new TopfiveError(
    'queue',
    `the job's payload is not one that this version of topfive writes (${problems.join('; ')}); remove the job and resume its run`,
  );
}

/**
 * The id of a shard job. `generation` differs each time a run is put back on the queue, so that a job still held by
 * a worker of an earlier round is never mistaken for the new one.
 */
export function shardJobId(
  runId: string,
  { generation, shard, group }: ShardJob & { generation: string },
): string {
  return `${runId}/${generation}/${shard}/${group}`;
}

/** On the queue of the shards, since it wants the same workers. */
export const latencyJob = 'latency';

export function latencyJobId(runId: string): string {
  return `${runId}/${latencyJob}`;
}

/** The inverse of `shardJobId`; undefined for an id of another form. */
export function parseShardJobId(id: string): ({ runId: string } & ShardJob) | undefined {
  const parts = /^(.+)\/[^/]+\/(\d+)\/(\d+)$/.exec(id);
  return parts ? { runId: parts[1], shard: Number(parts[2]), group: Number(parts[3]) } : undefined;
}
