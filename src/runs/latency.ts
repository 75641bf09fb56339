/** A latency measurement and where it is kept: measured in processes of this machine, its record and page in storage. */
import { latencySchema } from '../jobs/latency-spec.ts';
import { type MeasuredRestart, measureLatency } from '../jobs/measure-latency.ts';
import { latencyKeys } from '../jobs/run-keys.ts';
import type { Spec } from '../jobs/spec.ts';
import { restartElsewhere } from '../launch/device-process.ts';
import type { Device } from '../onnx/device.ts';
import { renderLatency } from '../report/latency-markdown.ts';
import type { LatencyRecord } from '../scoring/latency-record.ts';
import type { Storage } from '../storage/storage.ts';
import { newRunId } from './submit.ts';

export interface LatencyOptions {
  storage: Storage;
  /** One that works here. */
  device: Device;
  /** Of the measuring processes. */
  env: NodeJS.ProcessEnv;
  /** Ends the measurement early; what was measured is kept. */
  signal: AbortSignal;
  onRestart: (measured: MeasuredRestart) => void;
}

export async function runLatency(
  spec: Spec,
  { storage, device, env, signal, onRestart }: LatencyOptions,
): Promise<LatencyRecord> {
  const record = await measureLatency(spec, {
    latency: spec.latency ?? latencySchema.parse({}),
    tools: {
      id: newRunId(new Date()),
      device,
      restart: (request) => restartElsewhere(request, { env, signal }),
      signal,
      onRestart,
    },
  });
  for (const { key, content } of latencyFiles(record)) await storage.put(key, content);
  return record;
}

/** What a measurement leaves behind: name of each file, and its key in storage. */
export function latencyFiles(record: LatencyRecord) {
  const keys = latencyKeys(record.id);
  return [
    { name: 'latency.json', key: keys.record, content: `${JSON.stringify(record, null, 2)}\n` },
    { name: 'latency.md', key: keys.page, content: renderLatency(record) },
  ];
}
