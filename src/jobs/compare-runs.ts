/** Two runs held against each other: pair the models, refuse what does not belong together, measure, judge. */
import { labelNotes } from '../report/findings.ts';
import { type Change, gatherChanges, modelChanges, runChanges } from '../scoring/changes.ts';
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
import { onlyImages, refuseStopped, stoppedBy, verdictsOfStop } from './stopped-run.ts';
import { refusePredictions, type ToolPredictions } from './tool-predictions.ts';

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

/** `pairing`: models by id and precision unless told otherwise. `model`: the candidate's, held against predictions. */
export type Comparing = { candidate: EndedRun; options: ComparisonOptions } & (
  | { baseline: EndedRun; pairing?: Pairing<ModelResult> }
  | { baseline: ToolPredictions; model: ModelResult }
);

/** Never throws for runs that do not belong together: the record then says *invalid* and why. */
export async function compareRuns(comparing: Comparing): Promise<ComparisonRecord> {
  const { candidate, options } = comparing;
  const plan = 'model' in comparing ? planAgainstTool(comparing) : await planAgainstRun(comparing);
  const outcomes: Outcome[] = [];
  for (const pair of plan.pairs) outcomes.push(await measure(pair, { plan, comparing }));
  const models = judge(outcomes, comparing);
  const { images, digest, classNames } = candidate.record.dataset;
  const { estimand, margin, alpha, allowed } = options;
  return {
    schemaVersion: 1,
    verdict: worstVerdict(models.map(({ verdict }) => verdict)),
    reasons: models.length === 0 ? plan.refusedRuns : reasonsOf(models),
    notes: plan.notes,
    estimand,
    margin,
    alpha,
    allowed: [...allowed],
    baseline: plan.side,
    candidate: sideOf(candidate),
    dataset: { images, digest, classNames },
    changed: plan.changed,
    models,
    unpaired: plan.unpaired,
  };
}

/** What is known before any answer is read. */
interface ComparisonPlan {
  side: ComparedSide;
  pairs: Pair<ModelResult | null, ModelResult>[];
  unpaired: ComparisonRecord['unpaired'];
  changed: Change[];
  notes: string[];
  refusedRuns: string[];
  /** Counts once keys and labels have proved the same. */
  refusedImages: string[];
  readBaseline: (model: ModelResult | null) => Promise<Side>;
}

function planAgainstTool({
  baseline,
  candidate,
  model,
  options: { allowed },
}: Extract<Comparing, { model: ModelResult }>): ComparisonPlan {
  const { name, columns } = baseline;
  return {
    side: { name, kind: 'predictions', runId: null, title: null, finishedAt: null, topfive: null },
    pairs: [{ baseline: null, candidate: model }],
    unpaired: { baseline: [], candidate: [] },
    changed: [],
    notes: labelNotes(candidate.record),
    refusedRuns: [
      ...refusePredictions(baseline),
      ...refuseRun(candidate.record, { side: 'candidate', allowed }),
    ],
    refusedImages: [],
    readBaseline: async () => columns,
  };
}

async function planAgainstRun({
  baseline,
  candidate,
  pairing = matchModels(baseline.record.models, candidate.record.models),
  options,
}: Extract<Comparing, { baseline: EndedRun }>): Promise<ComparisonPlan> {
  const { pairs, unpaired } = pairing;
  const { allowed } = options;
  return {
    side: sideOf(baseline),
    pairs,
    unpaired: {
      baseline: unpaired.baseline.map(keyOf),
      candidate: unpaired.candidate.map(keyOf),
    },
    changed: gatherChanges(
      pairs.flatMap((pair) => modelChanges(pair.baseline, pair.candidate)),
      runChanges(baseline.record, candidate.record),
    ),
    notes: [
      ...labelNotes(baseline.record).map((note) => `In the baseline, ${note}`),
      ...labelNotes(candidate.record).map((note) => `In the candidate, ${note}`),
    ],
    refusedRuns: [
      ...refuseRun(baseline.record, { side: 'baseline', allowed }),
      ...(stoppedBy(candidate.record, baseline.record)
        ? refuseStopped(candidate.record, options)
        : refuseRun(candidate.record, { side: 'candidate', allowed })),
      ...(pairs.length === 0 ? [nothingPaired(baseline, candidate)] : []),
    ],
    refusedImages: await refuseDatasets(baseline, { candidate, allowed }),
    readBaseline: (model) => readSide(baseline, model!),
  };
}

const keyOf = ({ id, precision }: ModelKey): ModelKey => ({ id, precision });

function sideOf({ folder, record }: EndedRun): ComparedSide {
  const { runId, name: title, finishedAt, topfive } = record;
  return { name: folder.name, kind: 'run', runId, title, finishedAt, topfive };
}

function nothingPaired(baseline: EndedRun, candidate: EndedRun): string {
  const list = ({ record }: EndedRun) =>
    record.models.map(({ id, precision }) => `${id} (${precision})`).join(', ');
  return `The runs have no model in common: the baseline has ${list(baseline)}, the candidate ${list(candidate)}; --pair says which belong together.`;
}

type Outcome = ComparisonPlan['pairs'][number] &
  ({ measurement: Measurement } | { reasons: string[] });

/** The answers of one pair at a time are in memory. */
async function measure(
  pair: ComparisonPlan['pairs'][number],
  { plan, comparing }: { plan: ComparisonPlan; comparing: Comparing },
): Promise<Outcome> {
  const { allowed } = comparing.options;
  const early = [...plan.refusedRuns, ...refuseRecipes(pair, allowed)];
  if (early.length > 0) return { ...pair, reasons: early };
  const candidate = await readSide(comparing.candidate, pair.candidate);
  const whole = await plan.readBaseline(pair.baseline);
  const baseline = isStopped(comparing) ? onlyImages(whole, candidate.keys) : whole;
  const join = joinSides(baseline, candidate);
  if ('reasons' in join) return { ...pair, reasons: join.reasons };
  const late = [...plan.refusedImages, ...refuseCoverage(join.columns, allowed)];
  if (late.length > 0) return { ...pair, reasons: late };
  return { ...pair, measurement: measurePair(join.columns, { depth: baseline.depth }) };
}

function isStopped({ candidate }: Comparing): boolean {
  return candidate.record.status === 'stopped-early';
}

async function readSide({ folder }: EndedRun, model: ModelKey): Promise<Side> {
  return { ...(await readPredictions(folder, model)), depth: K };
}

async function refuseDatasets(
  baseline: EndedRun,
  { candidate, allowed }: { candidate: EndedRun; allowed: Allowed },
): Promise<string[]> {
  if (baseline.record.dataset.digest === candidate.record.dataset.digest) return [];
  const sizes = await readSizes(baseline);
  return refuseImages(sizes, { candidate: await readSizes(candidate), allowed });
}

async function readSizes({ folder, record }: EndedRun): Promise<ImageSizes> {
  const manifest = await readManifest(folder, record);
  return manifest && new Map(manifest.entries.map(({ key, bytes }) => [key, bytes]));
}

function judge(outcomes: Outcome[], comparing: Comparing): (ModelComparison | Refusal)[] {
  const { options } = comparing;
  const { record } = comparing.candidate;
  const measured = outcomes.filter((outcome) => 'measurement' in outcome);
  const gates = measured.map(({ candidate, measurement: { counts } }) => ({
    counts,
    noise: options.noiseOf(keyOf(candidate)),
  }));
  const verdicts = new Map(
    judgePairs(gates, options).map((verdict, index) => [measured[index], verdict]),
  );
  return outcomes.map((outcome) => {
    const { baseline, candidate } = outcome;
    const names = { ...keyOf(candidate), against: baseline && keyOf(baseline) };
    if ('reasons' in outcome) return { ...names, verdict: 'invalid', reasons: outcome.reasons };
    const { counts: _, ...churn } = outcome.measurement;
    const counted = verdicts.get(outcome)!;
    const told = isStopped(comparing)
      ? verdictsOfStop(counted, { model: candidate, record })
      : counted;
    return { ...names, ...told, ...churn };
  });
}

function reasonsOf(models: readonly (ModelComparison | Refusal)[]): string[] {
  const all = models.flatMap((model) => ('reasons' in model ? model.reasons : []));
  return [...new Set(all)];
}
