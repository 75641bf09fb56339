/** The history of each model, in storage: one entry a night, whichever run it was in. */
import type { ComparisonRecord } from '../scoring/comparison-record.ts';
import { type HistoryEntry, historyEntrySchema } from '../scoring/history-entry.ts';
import type { Night } from '../scoring/night-record.ts';
import type { ModelKey } from '../scoring/records.ts';
import type { ModelResult, RunRecord } from '../scoring/run-record.ts';
import type { Storage } from '../storage/storage.ts';
import { append, keyPart, readAll } from './append-only.ts';

const root = 'history/';
const prefixOf = ({ id, precision }: ModelKey) => `${root}${keyPart(id)}.${precision}/`;

/** Oldest first. */
export function readHistory(storage: Storage, model: ModelKey): Promise<HistoryEntry[]> {
  return readAll(storage, { prefix: prefixOf(model), schema: historyEntrySchema });
}

/** Models with a history, in order. */
export async function listHistories(storage: Storage): Promise<ModelKey[]> {
  return (await storage.folders(root)).map((folder) => {
    const cut = folder.lastIndexOf('.');
    return { id: decodeURIComponent(folder.slice(0, cut)), precision: folder.slice(cut + 1) };
  });
}

export interface ConcludedNight {
  night: Night;
  record: RunRecord;
  comparison: ComparisonRecord | null;
}

/** Adds the night to the history of each of its models. */
export async function keepHistory(storage: Storage, concluded: ConcludedNight): Promise<void> {
  for (const model of concluded.record.models) {
    const record = entryOf(model, concluded);
    await append(storage, { prefix: prefixOf(model), record });
  }
}

const fromWorst = ['regression', 'inconclusive', 'pass'] as const;

function entryOf(
  { id, precision, artifact, recipe, classes, conditions, accuracy }: ModelResult,
  { night, record, comparison }: ConcludedNight,
): HistoryEntry {
  const { status, environment, dataset, topfive } = record;
  const verdicts = night.gates
    .filter((gate) => gate.id === id && gate.precision === precision)
    .map(({ verdict }) => verdict);
  return {
    schemaVersion: 1,
    id,
    precision,
    at: night.at,
    name: night.name,
    runId: night.runId,
    verdict: fromWorst.find((verdict) => verdicts.includes(verdict)) ?? null,
    images: accuracy.expected,
    correct: { top1: accuracy.top1.correct, top5: accuracy.top5.correct },
    baseline: baselineOf({ id, precision }, { record, comparison }),
    artifact,
    recipe,
    classes,
    conditions,
    status,
    environment,
    dataset: { ...dataset, classNames: null },
    topfive,
  };
}

/** Against a complete run the comparison counts the baseline; a run that stopped early carries its counts itself. */
function baselineOf(
  { id, precision }: ModelKey,
  { record, comparison }: Pick<ConcludedNight, 'record' | 'comparison'>,
): HistoryEntry['baseline'] {
  const early = record.earlyStop;
  if (early) {
    const right = (metric: 'top1' | 'top5') =>
      early.gates.find(
        (gate) => gate.id === id && gate.precision === precision && gate.metric === metric,
      )?.baseline ?? 0;
    return { runId: early.baseline, correct: { top1: right('top1'), top5: right('top5') } };
  }
  const runId = comparison?.baseline.runId ?? null;
  const model = comparison?.models.find((one) => one.id === id && one.precision === precision);
  if (runId === null || !model || !('metrics' in model)) return null;
  const { top1, top5 } = model.metrics;
  return { runId, correct: { top1: top1.baseline, top5: top5?.baseline ?? 0 } };
}
