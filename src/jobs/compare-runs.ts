/** Two runs held against each other: pair the models, refuse what does not belong together, measure, judge. */
import { gatherChanges, modelChanges, runChanges } from '../scoring/changes.ts';
import type {
  ComparedSide,
  ComparisonRecord,
  ModelComparison,
  Refusal,
} from '../scoring/comparison-record.ts';
import { joinSides, type Side } from '../scoring/join.ts';
import { type JudgeOptions, judgePairs, type NoiseBounds } from '../scoring/judge-pairs.ts';
import { type Measurement, measurePair } from '../scoring/measure-pair.ts';
import { K, type ModelKey } from '../scoring/records.ts';
import type { ModelResult, RunRecord } from '../scoring/run-record.ts';
import { worstVerdict } from '../scoring/verdict.ts';
import { matchModels, type Pair, type Pairing } from './pair-models.ts';
import {
  type Allowed,
  type ImageSizes,
  refuseCoverage,
  refuseImages,
  refuseRecipes,
  refuseRun,
} from './refuse-comparison.ts';
import { type RunFolder, readManifest, readPredictions } from './run-folder.ts';

/** A run that has ended, with its record. */
export interface EndedRun {
  folder: RunFolder;
  record: RunRecord;
}

export interface ComparisonOptions extends JudgeOptions {
  allowed: Allowed;
  /** W of each model of the candidate; null where it was never calibrated. */
  noiseOf: (model: ModelKey) => NoiseBounds;
}

export type ModelPair = Pair<ModelResult, ModelResult>;

export interface Comparing {
  baseline: EndedRun;
  candidate: EndedRun;
  /** The models by name unless told otherwise. */
  pairing?: Pairing<ModelResult, ModelResult>;
  options: ComparisonOptions;
}

/** Never throws for runs that do not belong together: the record then says *invalid* and why. */
export async function compareRuns(comparing: Comparing): Promise<ComparisonRecord> {
  const { baseline, candidate, options } = comparing;
  const pairing = comparing.pairing ?? matchModels(baseline.record.models, candidate.record.models);
  const { pairs, unpaired } = pairing;
  const refused = { runs: refuseRuns(comparing), images: await refuseDatasets(comparing) };
  const outcomes: Outcome[] = [];
  for (const pair of pairs) outcomes.push(await measure(pair, { comparing, refused }));
  const models = judge(outcomes, options);
  const { images, digest, classNames } = candidate.record.dataset;
  const { estimand, margin, alpha } = options;
  return {
    schemaVersion: 1,
    verdict: worstVerdict(models.map(({ verdict }) => verdict)),
    reasons: pairs.length === 0 ? [...refused.runs, nothingPaired(comparing)] : reasonsOf(models),
    notes: [],
    estimand,
    margin,
    alpha,
    allowed: [...options.allowed],
    baseline: sideOf(baseline),
    candidate: sideOf(candidate),
    dataset: { images, digest, classNames },
    changed: gatherChanges(
      pairs.flatMap((pair) => modelChanges(pair.baseline, pair.candidate)),
      runChanges(baseline.record, candidate.record),
    ),
    models,
    unpaired: {
      baseline: unpaired.baseline.map(keyOf),
      candidate: unpaired.candidate.map(keyOf),
    },
  };
}

const keyOf = ({ id, precision }: ModelKey): ModelKey => ({ id, precision });

function sideOf({ folder, record }: EndedRun): ComparedSide {
  const { runId, name: title, finishedAt, topfive } = record;
  return { name: folder.name, kind: 'run', runId, title, finishedAt, topfive };
}

function refuseRuns({ baseline, candidate, options: { allowed } }: Comparing): string[] {
  return [
    ...refuseRun(baseline.record, { side: 'baseline', allowed }),
    ...refuseRun(candidate.record, { side: 'candidate', allowed }),
  ];
}

function nothingPaired({ baseline, candidate }: Comparing): string {
  const list = ({ record }: EndedRun) =>
    record.models.map(({ id, precision }) => `${id} (${precision})`).join(', ');
  return `The runs have no model in common: the baseline has ${list(baseline)}, the candidate ${list(candidate)}; --pair says which belong together.`;
}

type Outcome = ModelPair & ({ measurement: Measurement } | { reasons: string[] });

/** What is wrong with the runs as a whole; the images matter once keys and labels have proved the same. */
interface Refused {
  runs: string[];
  images: string[];
}

/** The answers of one pair at a time are in memory. */
async function measure(
  pair: ModelPair,
  { comparing, refused }: { comparing: Comparing; refused: Refused },
): Promise<Outcome> {
  const { baseline, candidate, options } = comparing;
  const { allowed } = options;
  const changes = modelChanges(pair.baseline, pair.candidate);
  const early = [
    ...refused.runs,
    ...refuseRecipes(pair.baseline, { candidate: pair.candidate, changes, allowed }),
  ];
  if (early.length > 0) return { ...pair, reasons: early };
  const before = await readSide(baseline, pair.baseline);
  const after = await readSide(candidate, pair.candidate);
  const join = joinSides(before, after);
  if ('reasons' in join) return { ...pair, reasons: join.reasons };
  const late = [...refused.images, ...refuseCoverage(join.columns, allowed)];
  if (late.length > 0) return { ...pair, reasons: late };
  return { ...pair, measurement: measurePair(join.columns, { depth: K }) };
}

async function readSide({ folder }: EndedRun, model: ModelKey): Promise<Side> {
  return { ...(await readPredictions(folder, model)), depth: K };
}

async function refuseDatasets({ baseline, candidate, options }: Comparing): Promise<string[]> {
  if (baseline.record.dataset.digest === candidate.record.dataset.digest) return [];
  const { allowed } = options;
  return refuseImages(await readSizes(baseline), {
    candidate: await readSizes(candidate),
    allowed,
  });
}

async function readSizes({ folder, record }: EndedRun): Promise<ImageSizes> {
  const manifest = await readManifest(folder, record);
  return manifest && new Map(manifest.entries.map(({ key, bytes }) => [key, bytes]));
}

function judge(outcomes: Outcome[], options: ComparisonOptions): (ModelComparison | Refusal)[] {
  const measured = outcomes.filter((outcome) => 'measurement' in outcome);
  const gates = measured.map(({ candidate, measurement: { counts } }) => ({
    counts,
    noise: options.noiseOf(keyOf(candidate)),
  }));
  const verdicts = new Map(
    judgePairs(gates, options).map((verdict, index) => [measured[index], verdict]),
  );
  return outcomes.map((outcome) => {
    const names = { ...keyOf(outcome.candidate), against: keyOf(outcome.baseline) };
    if ('reasons' in outcome) return { ...names, verdict: 'invalid', reasons: outcome.reasons };
    const { counts: _, ...churn } = outcome.measurement;
    return { ...names, ...verdicts.get(outcome)!, ...churn };
  });
}

function reasonsOf(models: readonly (ModelComparison | Refusal)[]): string[] {
  const all = models.flatMap((model) => ('reasons' in model ? model.reasons : []));
  return [...new Set(all)];
}
