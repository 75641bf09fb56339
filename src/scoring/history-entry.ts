/** One night of one model, with what may have moved it: what a history is made of. */
import { z } from 'zod';
import { standingFall } from './change-point.ts';
import { type Change, gatherChanges, modelChanges, runChanges } from './changes.ts';
import { runRecordSchema } from './run-record.ts';

const count = z.number().int().nonnegative();
const counts = z.object({ top1: count, top5: count });

const modelFacts = runRecordSchema.shape.models.element.pick({
  id: true,
  precision: true,
  artifact: true,
  recipe: true,
  classes: true,
  conditions: true,
});
const runFacts = runRecordSchema.pick({
  status: true,
  environment: true,
  dataset: true,
  topfive: true,
});

export const historyEntrySchema = z.object({
  schemaVersion: z.literal(1),
  ...modelFacts.shape,
  ...runFacts.shape,
  at: z.iso.datetime(),
  /** Name of the nightly run. */
  name: z.string(),
  runId: z.string(),
  /** Worst of the model's gates; null where it had none. */
  verdict: z.enum(['pass', 'inconclusive', 'regression']).nullable(),
  /** Images with a state, and those of them that are right. */
  images: count,
  correct: counts,
  /** Run id of the baseline and its right images, of all; null where there was none. */
  baseline: z.object({ runId: z.string(), correct: counts }).nullable(),
});
export type HistoryEntry = z.infer<typeof historyEntrySchema>;

/** The nights that can stand in one row with the last: complete, on the same images. Oldest first. */
export function comparableNights(entries: readonly HistoryEntry[]): HistoryEntry[] {
  const whole = entries.filter(({ status }) => status === 'complete');
  const digest = whole.at(-1)?.dataset.digest;
  return whole.filter(({ dataset }) => dataset.digest === digest);
}

/** A fall of top-1 that still stands. */
export interface Fall {
  /** The first bad night, and the last good one. */
  first: HistoryEntry;
  before: HistoryEntry;
  /** Right images on the level before, and now. */
  from: number;
  to: number;
  /** Nights on the new level. */
  nights: number;
  /** What changed between the two nights. */
  changes: Change[];
}

/** @param nights comparable ones, oldest first */
export function fallOf(nights: readonly HistoryEntry[]): Fall | null {
  const fall = standingFall(nights.map(({ correct }) => correct.top1));
  if (!fall) return null;
  const [before, first] = [nights[fall.at - 1], nights[fall.at]];
  return {
    first,
    before,
    from: fall.before,
    to: fall.after,
    nights: nights.length - fall.at,
    changes: gatherChanges(modelChanges(before, first), runChanges(before, first)),
  };
}
