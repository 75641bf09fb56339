/** A latency record with figures, with an unstable cell and with one that could not be measured. */
import { measuredOf } from '../../src/scoring/latency-cell.ts';
import {
  type LatencyCell,
  type LatencyRecord,
  latencyRecordSchema,
} from '../../src/scoring/latency-record.ts';
import { quietRestarts } from '../scoring/restarts-of.ts';

const mode = 'single-stream';

function cellOf(change: Partial<LatencyCell>): LatencyCell {
  const batch = change.batch ?? 1;
  return {
    model: 'EfficientNetB0',
    precision: 'fp32',
    batch,
    resizeShort: 256,
    crop: 224,
    artifact: { sha256: 'a'.repeat(64), bytes: 21_000_000, name: 'b0.onnx' },
    arithmetic: 'fp32',
    measured: measuredOf(quietRestarts(20), { mode, batch }),
    reason: null,
    ...change,
  };
}

export function makeLatency(change: Partial<LatencyRecord> = {}): LatencyRecord {
  const busy = measuredOf(quietRestarts(12, { otherCores: 0.98 }), { mode, batch: 4 });
  return latencyRecordSchema.parse({
    schemaVersion: 1,
    kind: 'latency',
    id: '20261123-184512-3f9ac1',
    name: 'sweep',
    status: 'complete',
    topfive: '0.1.0',
    createdAt: '2026-11-23T18:45:12.000Z',
    finishedAt: '2026-11-23T18:47:12.000Z',
    mode,
    restarts: 5,
    limits: { minSeconds: 2, maxSeconds: 60 },
    spans: { timed: 'from pixels to logits', withoutCopy: 'none here' },
    environment: {
      host: 'alder',
      device: 'AMD EPYC',
      driver: null,
      threads: 1,
      node: 'v20.20.2',
      os: 'linux',
      provider: 'cpu',
      runtime: 'onnxruntime-node 1.30.0',
      cores: 2,
      memoryBytes: 24e9,
      power: { governor: 'performance', boost: null, powerCapWatts: null },
    },
    cells: [
      cellOf({}),
      cellOf({ batch: 4, measured: busy }),
      cellOf({ batch: 8, measured: null, reason: 'it does not fit <b>' }),
    ],
    ...change,
  });
}
