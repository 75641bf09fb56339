/** From the models of a spec to planned models: recipe, artifact digest and contract settled before any image is read. */
import type { Manifest } from '../data/manifest.ts';
import type { Recipe } from '../data/recipe.ts';
import { TopfiveError } from '../errors.ts';
import { type Artifact, readArtifact } from '../models/artifact.ts';
import { findCard, requireCard } from '../models/cards.ts';
import { expectRemote } from '../models/remote-artifact.ts';
import { type GraphFile, openGraph } from '../onnx/graph-file.ts';
import { digestOf } from '../storage/digest.ts';
import { isS3Uri } from '../storage/s3-uri.ts';
import { halfArtifactOf } from './half-artifact.ts';
import { locateModel } from './locate-model.ts';
import { countCost, publishedOf } from './model-figures.ts';
import { placeNormalisation } from './place-normalisation.ts';
import type { PlannedModel } from './plan.ts';
import type { ModelRequest, Spec } from './spec.ts';
import { type Trial, type TrialRequest, tryModel } from './try-model.ts';

type TryModel = (request: TrialRequest) => Promise<Trial>;

/**
 * @param tryLarge tries models of hundreds of megabytes: a process of its own gives all of their memory back
 * @throws TopfiveError in one sentence for the first model that cannot be evaluated on this manifest
 */
export async function prepareModels(
  spec: Spec,
  { manifest, tryLarge = tryModel }: { manifest: Manifest; tryLarge?: TryModel },
): Promise<PlannedModel[]> {
  const requests = requestsOf(spec);
  // The last of many models is known to be there before the first is downloaded.
  await Promise.all(requests.map(({ onnx }) => onnx && isS3Uri(onnx) && expectRemote(onnx)));
  const highestLabel = manifest.entries.reduce((highest, { label }) => Math.max(highest, label), 0);
  const planned: PlannedModel[] = [];
  for (const request of requests) {
    const full = await prepareModel(request, {
      highestLabel,
      wanted: spec.normalisation,
      tryLarge,
    });
    for (const precision of spec.precision) {
      planned.push(precision === 'fp16' ? await prepareHalf(full, tryLarge) : full);
    }
  }
  return planned;
}

/** @throws TopfiveError `spec` when an id stands twice */
export function requestsOf({ models }: Spec): ModelRequest[] {
  const requests = models.map((model) => (typeof model === 'string' ? { id: model } : model));
  refuseRepeatedIds(requests);
  return requests;
}

function refuseRepeatedIds(requests: ModelRequest[]): void {
  const seen = new Set<string>();
  for (const { id } of requests) {
    if (seen.has(id)) {
      throw new TopfiveError(
        'spec',
        `model id "${id}" stands twice in the spec: give each model an id of its own`,
      );
    }
    seen.add(id);
  }
}

interface Preparing {
  highestLabel: number;
  wanted: Spec['normalisation'];
  tryLarge: TryModel;
}

async function prepareModel(
  request: ModelRequest,
  { highestLabel, wanted, tryLarge }: Preparing,
): Promise<PlannedModel> {
  const { id } = request;
  const card = cardOf(request);
  const recipe = recipeOf(request);
  const onnx = await locateModel(request);
  const graph = await readGraph(onnx);
  const normalisation = placeNormalisation(graph, wanted);
  const artifact = { ...(await readArtifact(onnx)), ...sourceOf(request) };
  const trial = await tryOut({ path: onnx, recipe, normalisation }, { artifact, tryLarge });
  const { outputs } = trial;
  const classOffset = request.classOffset ?? offsetFromCard(card?.classes, outputs);
  checkClasses({ onnx, outputs, classOffset, highestLabel, card });
  return {
    id,
    card: card?.id ?? null,
    precision: 'fp32',
    artifact,
    recipe,
    recipeDigest: digestOf(recipe),
    normalisation,
    classOffset,
    ...trial,
    conversion: null,
    published: card ? publishedOf(card) : null,
    ...countCost(graph, recipe.crop),
  };
}

/** Where a worker on another machine finds it too. */
function sourceOf({ onnx }: ModelRequest): { uri?: string } {
  return onnx !== undefined && isS3Uri(onnx) ? { uri: onnx } : {};
}

/** The same model with the artifact that is made of its own; whatever was settled for it stands. */
async function prepareHalf(full: PlannedModel, tryLarge: TryModel): Promise<PlannedModel> {
  const { path, conversion } = await halfArtifactOf(full.artifact);
  const artifact = { ...full.artifact, ...(await readArtifact(path)) };
  const { secondsPerImage } = await tryOut({ ...full, path }, { artifact, tryLarge });
  return { ...full, precision: 'fp16', artifact, secondsPerImage, conversion };
}

/** Bytes of an artifact. A smaller one is opened in less time than a process starts, and leaves little behind. */
const largeArtifact = 256e6;

function tryOut(
  { path, recipe, normalisation }: TrialRequest,
  { artifact, tryLarge }: { artifact: Artifact; tryLarge: TryModel },
): Promise<Trial> {
  const request = { path, recipe, normalisation };
  return artifact.bytes > largeArtifact ? tryLarge(request) : tryModel(request);
}

/** Or why it cannot be read: whether the model can be evaluated is for the runtime to say. */
async function readGraph(onnx: string): Promise<GraphFile | TopfiveError> {
  try {
    return await openGraph(onnx);
  } catch (error) {
    if (error instanceof TopfiveError) return error;
    throw error;
  }
}

function cardOf({ id, card, recipe }: ModelRequest) {
  if (card !== undefined) return requireCard(card);
  return recipe === undefined ? findCard(id) : undefined;
}

/** The recipe of one model of a spec, whether or not its ONNX file is there. */
export function recipeOfModel(spec: Spec, id: string): Recipe {
  const requests = requestsOf(spec);
  const request = requests.find((each) => each.id === id);
  if (request) return recipeOf(request);
  throw new TopfiveError(
    'usage',
    `the spec has no model "${id}": it has ${requests.map((each) => each.id).join(', ')}`,
  );
}

export function recipeOf(request: ModelRequest): Recipe {
  const recipe = request.recipe ?? cardOf(request)?.recipe;
  if (recipe) return recipe;
  throw new TopfiveError(
    'spec',
    `model "${request.id}" needs a recipe: how its pixels are made is never guessed; give recipe: {...} or card: ID (--recipe FILE or CARD)`,
  );
}

/** A head with one output more than the card's classes has a background class in front. */
function offsetFromCard(classes: number | undefined, outputs: number): number {
  return classes !== undefined && outputs === classes + 1 ? 1 : 0;
}

interface ClassCheck {
  onnx: string;
  outputs: number;
  classOffset: number;
  highestLabel: number;
  card: { id: string; classes: number } | undefined;
}

function checkClasses({ onnx, outputs, classOffset, highestLabel, card }: ClassCheck): void {
  const classes = outputs - classOffset;
  if (card && classes !== card.classes) {
    throw new TopfiveError(
      'model',
      `${onnx} was expected to have ${card.classes} classes by the card ${card.id}, but it has ${outputs} outputs`,
    );
  }
  if (highestLabel >= classes) {
    throw new TopfiveError(
      'dataset',
      `label ${highestLabel} is out of range: ${onnx} has ${classes} classes (0 to ${classes - 1}); use the labels and the model of one dataset`,
    );
  }
}
