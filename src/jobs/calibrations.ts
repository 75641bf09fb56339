/** Calibrations: how far repeats of an unchanged model differ by the machine alone, kept with what they were made under. */
import { z } from 'zod';
import type { NoiseBounds } from '../scoring/judge-pairs.ts';
import { noiseBound } from '../scoring/noise.ts';
import { metricNames } from '../scoring/paired.ts';
import { type Conditions, conditionsSchema, type ModelKey } from '../scoring/records.ts';
import type { ModelResult, RunRecord } from '../scoring/run-record.ts';
import type { Storage } from '../storage/storage.ts';
import { append, keyPart, readAll } from './append-only.ts';

const count = z.number().int().nonnegative();

export const calibrationSchema = z.object({
  schemaVersion: z.literal(1),
  id: z.string(),
  precision: z.string(),
  at: z.iso.datetime(),
  /** Ids of the repeated runs. */
  runs: z.array(z.string()),
  images: count,
  conditions: conditionsSchema,
  /** Device models and threads of the workers, in order. */
  machine: z.string(),
  /** Right images of each run. */
  correct: z.object({ top1: z.array(count), top5: z.array(count) }),
  /** Whether the answers of all runs are the same, byte for byte. */
  identical: z.boolean(),
  /** Images whose best class is not the same in all runs: flips that the machine alone causes. */
  flips: z.array(z.string()),
});
export type StoredCalibration = z.infer<typeof calibrationSchema>;

const prefixOf = ({ id, precision }: ModelKey) => `calibrations/${keyPart(id)}.${precision}/`;

export async function keepCalibration(storage: Storage, record: StoredCalibration): Promise<void> {
  await append(storage, { prefix: prefixOf(record), record });
}

/** Device models and threads that worked on a run. */
export function machineOf({ environment }: Pick<RunRecord, 'environment'>): string {
  const workers = environment.workers.map(({ device, threads }) => `${device}, ${threads} threads`);
  return [...new Set(workers)].sort().join('; ');
}

/** What moves answers besides the weights, which are what a night is about. */
function circumstances({ artifact: _, topfive: __, decoder: ___, ...rest }: Conditions): string {
  return JSON.stringify(Object.entries(rest).sort());
}

/** The newest one made under these conditions on this machine; one of the very same weights before any other. */
async function findCalibration(
  storage: Storage,
  { model, machine }: { model: ModelResult; machine: string },
): Promise<StoredCalibration | undefined> {
  const all = await readAll(storage, { prefix: prefixOf(model), schema: calibrationSchema });
  const fitting = all.filter(
    (one) =>
      one.machine === machine && circumstances(one.conditions) === circumstances(model.conditions),
  );
  const ofWeights = fitting.filter(
    ({ conditions }) => conditions.artifact === model.artifact.sha256,
  );
  return ofWeights.at(-1) ?? fitting.at(-1);
}

export interface NoiseScope {
  /** Error level of the night, and how many gates share it. */
  alpha: number;
  gates: number;
}

/** Two metrics a model share the level. */
export function noiseScope({ models }: Pick<RunRecord, 'models'>, alpha: number): NoiseScope {
  return { alpha, gates: metricNames.length * models.length };
}

/**
 * W of each model: the largest that is known under the circumstances of either run; null where it was never calibrated.
 * @param runs the candidate and its baseline
 */
export async function readNoise(
  storage: Storage,
  { runs, scope }: { runs: readonly RunRecord[]; scope: NoiseScope },
): Promise<(model: ModelKey) => NoiseBounds> {
  const known = new Map<string, NonNullable<NoiseBounds>>();
  for (const run of runs) {
    const machine = machineOf(run);
    for (const model of run.models) {
      const calibration = await findCalibration(storage, { model, machine });
      const bounds = calibration && boundsOf(calibration, scope);
      if (!bounds) continue;
      const other = known.get(nameOf(model));
      known.set(nameOf(model), {
        top1: Math.max(bounds.top1, other?.top1 ?? 0),
        top5: Math.max(bounds.top5, other?.top5 ?? 0),
      });
    }
  }
  return (model) => known.get(nameOf(model)) ?? null;
}

const nameOf = ({ id, precision }: ModelKey) => `${id} ${precision}`;

/** Null when the repeats were too few to say. */
export function boundsOf(
  { correct, identical }: Pick<StoredCalibration, 'correct' | 'identical'>,
  scope: NoiseScope,
): NoiseBounds {
  const [top1, top5] = metricNames.map((metric) =>
    noiseBound({ correct: correct[metric], identical }, scope),
  );
  return top1.calibration === 'none' ? null : { top1: top1.noise, top5: top5.noise };
}
