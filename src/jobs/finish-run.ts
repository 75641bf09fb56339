/** The end of a run: its report, or the mark that it failed. */
import { messageOf } from '../errors.ts';
import type { RunRecord } from '../scoring/run-record.ts';
import { type AggregateInput, aggregateRun } from './aggregate.ts';
import { isCancelled, markFailed } from './run-state.ts';

export interface FinishInput extends Omit<AggregateInput, 'finishedAt'> {
  /** Whether nobody tries again when this fails. */
  isFinal: () => boolean;
  /** What is measured after the last shard; false when the run was cancelled meanwhile. */
  measure?: () => Promise<boolean>;
}

/** @returns undefined when the run was cancelled */
export async function finishRun({
  isFinal,
  measure,
  ...input
}: FinishInput): Promise<RunRecord | undefined> {
  const { storage, runId } = input;
  if (await isCancelled(storage, runId)) return undefined;
  const finishedAt = new Date();
  try {
    if (measure && !(await measure())) return undefined;
    return await aggregateRun({ ...input, finishedAt });
  } catch (error) {
    if (isFinal()) await markFailed(storage, { runId, reason: messageOf(error) });
    throw error;
  }
}
