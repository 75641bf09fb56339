/** From the gates of a spec to what a run needs to stop early: the baseline's right and wrong, margins, noise. */
import { TopfiveError } from '../errors.ts';
import { whyUnfit } from '../jobs/baselines.ts';
import { readNoise } from '../jobs/calibrations.ts';
import type { EndedRun } from '../jobs/compare-runs.ts';
import type { EarlyGates } from '../jobs/early-stop.ts';
import { alphaOf, type Gates, gatesOf } from '../jobs/gates.ts';
import type { Plan, PlannedModel } from '../jobs/plan.ts';
import { readPredictions } from '../jobs/run-folder.ts';
import type { Spec } from '../jobs/spec.ts';
import { marginInImages, metricNames, metrics, rightWithin } from '../scoring/paired.ts';
import { openStorage } from '../storage/open.ts';
import { findBaseline } from './find-baseline.ts';

export interface PreparedEarlyStop {
  planned: NonNullable<Plan['earlyStop']>;
  gates: EarlyGates;
}

interface Preparing {
  models: PlannedModel[];
  dataset: { images: number; digest: string };
  store: string;
  now: Date;
}

/** @throws TopfiveError `spec` when the run and its baseline do not belong together */
export async function prepareEarlyStop(
  spec: Spec,
  { models, dataset, store, now }: Preparing,
): Promise<PreparedEarlyStop | undefined> {
  if (!spec.earlyStop) return undefined;
  const gates = gatesOf(spec);
  if (gates.estimand !== 'manifest') {
    throw refused('it decides about these images, so gates.estimand must be manifest');
  }
  const baseline = await findBaseline(gates, { name: spec.name, store, now });
  if (baseline.kind === 'published') {
    throw refused('a published figure has no answers image by image; name a run as gates.baseline');
  }
  if (baseline.kind === 'none') throw refused(baseline.reason);
  const { folder, record } = baseline.run;
  const [unfit] = whyUnfit(record);
  if (unfit !== undefined) throw refused(`run ${folder.name} cannot be its baseline: ${unfit}`);
  if (record.dataset.digest !== dataset.digest) {
    throw refused(
      `the baseline ${folder.name} has other images (${record.dataset.images}) than this run (${dataset.images}), or other labels or sizes of them`,
    );
  }
  const alpha = alphaOf(gates);
  const noiseOf = await readNoise(openStorage(store), {
    runs: [record],
    scope: { alpha, gates: metricNames.length * models.length },
  });
  const all: EarlyGates['gates'] = [];
  for (const [index, model] of models.entries()) {
    checkModel(model, { record, folder, allow: gates.allow });
    const { predictions } = await readPredictions(folder, model);
    for (const metric of metricNames) {
      all.push({
        model: index,
        metric,
        marginImages: marginInImages(gates.margin[metric], dataset.images),
        noise: noiseOf(model)?.[metric] ?? 0,
        baseline: rightWithin(predictions, metrics[metric]).map(Number).join(''),
      });
    }
  }
  return {
    planned: { baseline: record.runId, alpha, seed: spec.earlyStop.seed },
    gates: { schemaVersion: 1, gates: all },
  };
}

function refused(why: string): TopfiveError {
  return new TopfiveError('spec', `early stop: ${why}`);
}

function checkModel(
  { id, precision, recipeDigest }: PlannedModel,
  { record, folder, allow }: EndedRun & Pick<Gates, 'allow'>,
): void {
  const found = record.models.find((model) => model.id === id && model.precision === precision);
  if (!found) {
    const known = record.models.map((model) => `${model.id} (${model.precision})`).join(', ');
    throw refused(`the baseline ${folder.name} has no ${id} (${precision}): it has ${known}`);
  }
  if (found.recipe.digest !== recipeDigest && !allow.includes('recipe')) {
    throw refused(`the recipe of ${id} is another in the baseline ${folder.name}`);
  }
}
