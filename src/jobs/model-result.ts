/** One model's part of the run record, from its merged shards. */
import { basename } from 'node:path';
import { scoreLabelSet } from '../scoring/label-set-score.ts';
import { explainPredictions } from '../scoring/label-trouble.ts';
import type { Merged } from '../scoring/merge.ts';
import { surestMistakes } from '../scoring/mistakes.ts';
import { confusions, perClass } from '../scoring/per-class.ts';
import type { Predictions } from '../scoring/records.ts';
import type { LabelFinding, ModelResult } from '../scoring/run-record.ts';
import { metricOf } from '../scoring/wilson.ts';
import type { RunLabelSet } from './label-sets.ts';
import type { PlannedModel } from './plan.ts';

const commonestConfusions = 50;
const mistakesKept = 20;

export function modelResult(
  model: PlannedModel,
  {
    merged,
    keys,
    labels,
    labelSets,
    nondeterminism,
    reused,
  }: Pick<ModelResult, 'nondeterminism' | 'reused'> & {
    merged: Merged;
    keys: string[];
    labels: number[];
    labelSets: Pick<RunLabelSet, 'name' | 'classes'>[];
  },
): ModelResult {
  const { tally, predictions, conditions, failures, timings } = merged;
  return {
    id: model.id,
    card: model.card,
    precision: model.precision,
    artifact: {
      sha256: model.artifact.sha256,
      bytes: model.artifact.bytes,
      name: basename(model.artifact.path),
    },
    recipe: { ...model.recipe, digest: model.recipeDigest },
    classes: model.outputs - model.classOffset,
    accuracy: {
      expected: tally.expected,
      scored: tally.scored,
      failed: tally.expected - tally.scored,
      top1: metricOf(tally.top1, tally.expected),
      top5: metricOf(tally.top5, tally.expected),
    },
    labelSets: labelSets.map((set) => scoreLabelSet(set, predictions)),
    tally,
    sumsToOne: model.sumsToOne,
    conversion: model.conversion,
    published: model.published,
    cost: model.cost,
    costReason: model.costReason,
    failures,
    perClass: perClass(labels, predictions),
    confusions: confusions(labels, predictions, commonestConfusions),
    mistakes: surestMistakes({ keys, labels, predictions }, mistakesKept),
    labelTrouble: labelTrouble(labels, predictions),
    conditions,
    ...(reused && { reused }),
    nondeterminism,
    timings: { readMs: timings.readMs, pixelsMs: timings.pixelsMs, inferMs: timings.inferMs },
  };
}

function labelTrouble(labels: number[], predictions: Predictions): LabelFinding | null {
  const explanation = explainPredictions(labels, predictions);
  return explanation.hypothesis === 'none' ? null : explanation;
}
