/** Latency as a part of a run: measured once, after its shards, and kept beside them. */
import { messageOf } from '../errors.ts';
import { type RunLatency, runLatencySchema } from '../scoring/latency-record.ts';
import type { Storage } from '../storage/storage.ts';
import type { LatencySpec } from './latency-spec.ts';
import { type MeasureTools, measureLatency } from './measure-latency.ts';
import type { Plan } from './plan.ts';
import { readStored } from './read-stored.ts';
import { runKeys } from './run-keys.ts';

interface RunLatencyTools extends Omit<MeasureTools, 'id' | 'onRestart'> {
  storage: Storage;
  latency: LatencySpec;
}

/** Measures unless that was done before. Trouble takes nothing from the accuracy: the reason is kept in place of figures. */
export async function measureRunLatency(
  { runId, spec }: Pick<Plan, 'runId' | 'spec'>,
  { storage, latency, ...tools }: RunLatencyTools,
): Promise<void> {
  const key = runKeys(runId).latency;
  if ((await storage.size(key)) !== undefined) return;
  const measured = await measureLatency(spec, {
    latency,
    tools: { ...tools, id: runId, onRestart: () => {} },
  }).catch((error): RunLatency => ({ kind: 'unmeasured', reason: messageOf(error) }));
  if (tools.signal.aborted) return;
  await keep(storage, { runId, latency: measured });
}

/** Unless there are figures already. */
export function keepUnmeasured(
  storage: Storage,
  { runId, reason }: { runId: string; reason: string },
): Promise<void> {
  return keep(storage, { runId, latency: { kind: 'unmeasured', reason } });
}

async function keep(
  storage: Storage,
  { runId, latency }: { runId: string; latency: RunLatency },
): Promise<void> {
  const text = `${JSON.stringify(latency, null, 2)}\n`;
  await storage.put(runKeys(runId).latency, text, { ifAbsent: true });
}

/** Null where none was measured. */
export async function readRunLatency(storage: Storage, runId: string): Promise<RunLatency | null> {
  const key = runKeys(runId).latency;
  if ((await storage.size(key)) === undefined) return null;
  return readStored(storage, { key, schema: runLatencySchema });
}
