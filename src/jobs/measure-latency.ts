/** A latency measurement: every cell in turn, restart after restart, so that a slow minute of the machine touches all. */
import { availableParallelism, totalmem } from 'node:os';
import { basename } from 'node:path';
import { allowsTf32, topfiveVersion } from '../config.ts';
import { messageOf, TopfiveError } from '../errors.ts';
import { arithmeticOf, type Device } from '../onnx/device.ts';
import { runtimeVersion } from '../onnx/session.ts';
import { measuredOf } from '../scoring/latency-cell.ts';
import { type LatencyMode, latencyModes } from '../scoring/latency-modes.ts';
import type { LatencyCell, LatencyRecord, Restart } from '../scoring/latency-record.ts';
import type { StopLimits } from '../scoring/latency-stop.ts';
import { readFingerprint } from './fingerprint.ts';
import type { LatencySpec } from './latency-spec.ts';
import { readPowerSettings } from './machine-state.ts';
import { type RestartRequest, spansOf } from './measure-restart.ts';
import { type PlannedCell, planCells } from './plan-cells.ts';
import type { Spec } from './spec.ts';

export interface MeasuredRestart {
  cell: PlannedCell;
  restart: Restart;
  /** Restarts of all cells that are behind and ahead. */
  done: number;
  total: number;
}

export interface MeasureTools {
  id: string;
  device: Device;
  /** Measures in a process of its own. */
  restart: (request: RestartRequest) => Promise<Restart>;
  /** Ends the measurement; what is measured by then stays. */
  signal: AbortSignal;
  onRestart: (measured: MeasuredRestart) => void;
}

/**
 * @param latency the block of the spec, its defaults filled in
 * @throws TopfiveError in one sentence for what is wrong before anything is measured
 */
export async function measureLatency(
  spec: Spec,
  { latency, tools }: { latency: LatencySpec; tools: MeasureTools },
): Promise<LatencyRecord> {
  const createdAt = new Date().toISOString();
  const benches = (await planCells(spec, latency)).map(
    (cell): Bench => ({ cell, restarts: [], obstacle: cell.obstacle }),
  );
  await measureBenches(benches, { latency, tools });
  return {
    schemaVersion: 1,
    kind: 'latency',
    id: tools.id,
    name: spec.name,
    status: tools.signal.aborted ? 'cancelled' : 'complete',
    topfive: topfiveVersion,
    createdAt,
    finishedAt: new Date().toISOString(),
    mode: latency.mode,
    restarts: latency.restarts,
    limits: { minSeconds: latency.minSeconds, maxSeconds: latency.maxSeconds },
    spans: spansOf(tools.device),
    environment: {
      ...readFingerprint({ threads: latency.threads, device: tools.device }),
      provider: tools.device,
      runtime: runtimeVersion,
      cores: availableParallelism(),
      memoryBytes: totalmem(),
      power: readPowerSettings(),
    },
    cells: benches.map((bench) => cellOf(bench, { mode: latency.mode, device: tools.device })),
  };
}

/** A cell at work. */
interface Bench {
  cell: PlannedCell;
  restarts: Restart[];
  obstacle: string | null;
}

async function measureBenches(
  benches: Bench[],
  { latency, tools }: { latency: LatencySpec; tools: MeasureTools },
): Promise<void> {
  const total = benches.filter(({ obstacle }) => obstacle === null).length * latency.restarts;
  let done = 0;
  for (let round = 0; round < latency.restarts; round += 1) {
    for (const bench of benches) {
      if (tools.signal.aborted) return;
      if (bench.obstacle !== null) continue;
      await measureBench(bench, { latency, tools });
      done += 1;
      const restart = bench.restarts.at(-1);
      if (restart && bench.obstacle === null) {
        tools.onRestart({ cell: bench.cell, restart, done, total });
      }
    }
  }
}

async function measureBench(
  bench: Bench,
  { latency, tools }: { latency: LatencySpec; tools: MeasureTools },
): Promise<void> {
  const { recipe, artifact, batch } = bench.cell;
  const { threads, mode } = latency;
  const limits = limitsOf(latency, batch);
  const { path } = artifact;
  const { device } = tools;
  try {
    bench.restarts.push(
      await tools.restart({ path, recipe, batch, threads, device, mode, limits }),
    );
  } catch (error) {
    if (tools.signal.aborted) return;
    // What is wrong with the machine or the command concerns every cell.
    if (error instanceof TopfiveError && error.kind === 'usage') throw error;
    bench.obstacle = messageOf(error);
  }
}

/** The count of the mode is one of the cell: each restart owes its part. */
function limitsOf({ mode, restarts, minSeconds, maxSeconds }: LatencySpec, batch: number) {
  const { fixed, fewestQueries } = latencyModes[mode];
  const limits: StopLimits = fixed
    ? { minSeconds: 0, minCount: fixed.queries, maxSeconds, maxCount: fixed.queries }
    : {
        minSeconds,
        minCount: Math.ceil(fewestQueries(batch) / restarts),
        maxSeconds,
        maxCount: Number.MAX_SAFE_INTEGER,
      };
  return limits;
}

function cellOf(
  { cell, restarts, obstacle }: Bench,
  { mode, device }: { mode: LatencyMode; device: Device },
): LatencyCell {
  const { model, precision, batch, recipe, artifact } = cell;
  const measured = obstacle === null && restarts.length > 0;
  return {
    model,
    precision,
    batch,
    resizeShort: recipe.resizeShort,
    crop: recipe.crop,
    artifact: {
      sha256: artifact.sha256,
      bytes: artifact.bytes,
      name: basename(artifact.path),
    },
    arithmetic: arithmeticOf(device, { precision, tf32: allowsTf32() }),
    measured: measured ? measuredOf(restarts, { mode, batch }) : null,
    reason: measured ? null : (obstacle ?? 'the measurement was cancelled before it'),
  };
}
