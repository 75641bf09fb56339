/** The models at work on a shard: which have no record yet, opened, with the conditions they work under. */
import { allowsTf32 } from '../config.ts';
import { type CropRule, cropRuleOf } from '../data/recipe.ts';
import { arithmeticOf } from '../onnx/device.ts';
import type { Conditions } from '../scoring/records.ts';
import { digestOf } from '../storage/digest.ts';
import type { PlannedModel } from './plan.ts';
import type { Classifier } from './ports.ts';
import { runKeys } from './run-keys.ts';
import type { ShardTools, ShardWork } from './shard-work.ts';

/** One model at work on the shard. */
export interface Station {
  model: PlannedModel;
  conditions: Conditions;
  /** Position of the model's crop rule among the shard's rules. */
  rule: number;
  classifier: Classifier;
}

export async function uncommittedModels(
  { plan, shard, group }: ShardWork,
  { storage }: ShardTools,
): Promise<PlannedModel[]> {
  const keys = runKeys(plan.runId);
  const models = plan.groups[group].map((index) => plan.models[index]);
  const sizes = await Promise.all(models.map((model) => storage.size(keys.record(model, shard))));
  return models.filter((_, index) => sizes[index] === undefined);
}

/** Recipes that differ only after the crop share their pixels. */
export function distinctCropRules(models: PlannedModel[]): CropRule[] {
  const rules = models.map(({ recipe }) => cropRuleOf(recipe));
  return [...new Map(rules.map((rule) => [digestOf(rule), rule])).values()];
}

interface StationParts {
  work: ShardWork;
  tools: ShardTools;
  rules: CropRule[];
}

export async function openStations(
  models: PlannedModel[],
  parts: StationParts,
): Promise<Station[]> {
  return Promise.all(models.map((model) => openStation(model, parts)));
}

async function openStation(
  model: PlannedModel,
  { work, tools, rules }: StationParts,
): Promise<Station> {
  const classifier = await tools.classifier(model);
  const own = digestOf(cropRuleOf(model.recipe));
  return {
    model,
    classifier,
    rule: rules.findIndex((rule) => digestOf(rule) === own),
    conditions: {
      artifact: model.artifact.sha256,
      recipe: model.recipeDigest,
      dataset: work.plan.dataset.digest,
      classOffset: model.classOffset,
      precision: model.precision,
      normalisation: model.normalisation,
      provider: classifier.provider,
      arithmetic: arithmeticOf(classifier.provider, {
        precision: model.precision,
        tf32: allowsTf32(),
      }),
      batch: classifier.batch,
      ...tools.versions,
    },
  };
}

/** Whether another station works on the very same crops. */
export function sharesCrops({ rule }: Station, stations: Station[]): boolean {
  return stations.filter((station) => station.rule === rule).length > 1;
}
