/** Baselines: which run of a name was blessed, why and by whom; a history that is only added to. */
import { z } from 'zod';
import { TopfiveError } from '../errors.ts';
import type { Night } from '../scoring/night-record.ts';
import { metricNames } from '../scoring/paired.ts';
import type { RunRecord } from '../scoring/run-record.ts';
import type { Storage } from '../storage/storage.ts';
import { append, keyPart, readAll } from './append-only.ts';

const count = z.number().int().nonnegative();

/** A day, `2027-01-31`; it lasts until its end in UTC. */
export const daySchema = z.iso.date();

const entryShape = {
  runId: z.string(),
  at: z.iso.datetime(),
  author: z.string(),
  reason: z.string(),
};

const blessingSchema = z.object({
  kind: z.literal('set'),
  ...entryShape,
  /** Last day on which it serves; null for ever. */
  expires: daySchema.nullable(),
  dataset: z.object({ images: count, digest: z.string() }),
  models: z.array(z.object({ id: z.string(), precision: z.string(), top1: count, top5: count })),
});
export type Blessing = z.infer<typeof blessingSchema>;

/** A regression that is known and borne until a day, as large as it was in a night. */
const acknowledgementSchema = z.object({
  kind: z.literal('acknowledge'),
  ...entryShape,
  until: daySchema,
  gates: z.array(
    z.object({
      id: z.string(),
      precision: z.string(),
      metric: z.enum(metricNames),
      lostImages: z.number(),
    }),
  ),
});
export type Acknowledgement = z.infer<typeof acknowledgementSchema>;

const entrySchema = z.discriminatedUnion('kind', [blessingSchema, acknowledgementSchema]);
export type BaselineEntry = z.infer<typeof entrySchema>;

export interface Baseline {
  /** Name of the runs that it serves. */
  name: string;
  /** The last that was set; null when none ever was. */
  blessing: Blessing | null;
  isExpired: boolean;
  /** Regressions against it that are known today. */
  known: Acknowledgement[];
  /** Oldest first. */
  history: BaselineEntry[];
}

const root = 'baselines/';
const prefixOf = (name: string) => `${root}${keyPart(name)}/`;

export async function readBaseline(
  storage: Storage,
  { name, now }: { name: string; now: Date },
): Promise<Baseline> {
  const history = await readAll(storage, { prefix: prefixOf(name), schema: entrySchema });
  const last = history.findLastIndex(({ kind }) => kind === 'set');
  const blessing = history.find((entry): entry is Blessing => entry === history[last]) ?? null;
  const isExpired = blessing?.expires ? isOver(blessing.expires, now) : false;
  const known = history
    .slice(last + 1)
    .filter((entry) => entry.kind === 'acknowledge')
    .filter(({ until }) => !isOver(until, now));
  return { name, blessing, isExpired, known, history };
}

/** True once the day has ended in UTC. */
export function isOver(day: string, now: Date): boolean {
  return now.getTime() >= Date.parse(day) + 86_400_000;
}

/** Names of the runs that ever had a baseline, in order. */
export async function listBaselines(storage: Storage): Promise<string[]> {
  return (await storage.folders(root)).map(decodeURIComponent);
}

export interface BlessOptions {
  author: string;
  reason: string;
  expires: string | null;
  now: Date;
}

/** @throws TopfiveError `invalid` when the run is not fit to be one */
export async function blessRun(
  storage: Storage,
  { record, options }: { record: RunRecord; options: BlessOptions },
): Promise<Blessing> {
  const [reason] = whyUnfit(record);
  if (reason !== undefined) {
    throw new TopfiveError('invalid', `run ${record.runId} cannot be a baseline: ${reason}`);
  }
  const { now, ...chosen } = options;
  const { images, digest } = record.dataset;
  const blessing: Blessing = {
    kind: 'set',
    runId: record.runId,
    at: now.toISOString(),
    ...chosen,
    dataset: { images, digest },
    models: record.models.map(({ id, precision, accuracy: { top1, top5 } }) => {
      return { id, precision, top1: top1.correct, top5: top5.correct };
    }),
  };
  await append(storage, { prefix: prefixOf(record.name), record: blessing });
  return blessing;
}

export interface AcknowledgeOptions {
  author: string;
  reason: string;
  until: string;
  now: Date;
}

/** @throws TopfiveError `usage` when the night has no regression */
export async function acknowledgeNight(
  storage: Storage,
  { night, options }: { night: Night; options: AcknowledgeOptions },
): Promise<Acknowledgement> {
  const regressions = night.gates.filter(({ verdict }) => verdict === 'regression');
  if (regressions.length === 0) {
    throw new TopfiveError(
      'usage',
      `run ${night.runId} has no regression to acknowledge: its night is "${night.verdict}"`,
    );
  }
  const { now, ...chosen } = options;
  const acknowledgement: Acknowledgement = {
    kind: 'acknowledge',
    runId: night.runId,
    at: now.toISOString(),
    ...chosen,
    gates: regressions.map(({ id, precision, metric, lostImages }) => {
      return { id, precision, metric, lostImages };
    }),
  };
  await append(storage, { prefix: prefixOf(night.name), record: acknowledgement });
  return acknowledgement;
}

/** Why nothing should be held against this run, one sentence each; empty when it may serve. */
export function whyUnfit({ status, reasons, environment, models }: RunRecord): string[] {
  if (status === 'invalid') return [`it is invalid (${reasons[0] ?? 'it does not say why'})`];
  if (status === 'stopped-early') {
    return [
      'it was stopped early and has no answer to a part of the images; run it without earlyStop',
    ];
  }
  const devices = [...new Set(environment.workers.map(({ device }) => device))];
  const mixed =
    devices.length > 1
      ? [`it ran on ${devices.length} device models (${devices.join('; ')}); repeat it on one`]
      : [];
  const unsure = models.filter(({ nondeterminism }) => nondeterminism.length > 0);
  return [
    ...mixed,
    ...unsure.map(({ id, nondeterminism: [finding] }) => `of ${id}, ${finding}; repeat it`),
  ];
}
