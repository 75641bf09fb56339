/** From the models of a spec to planned models: recipe, artifact digest and contract settled before any image is read. */
import type { Manifest } from '../data/manifest.ts';
import type { Recipe } from '../data/recipe.ts';
import { TopfiveError } from '../errors.ts';
import { readArtifact } from '../models/artifact.ts';
import { findCard, requireCard } from '../models/cards.ts';
import { isRemote } from '../models/remote-artifact.ts';
import { type GraphFile, openGraph } from '../onnx/graph-file.ts';
import { type ClassifierSession, openClassifier } from '../onnx/session.ts';
import { digestOf } from '../storage/digest.ts';
import { halfArtifactOf } from './half-artifact.ts';
import { locateModel } from './locate-model.ts';
import { countCost, publishedOf } from './model-figures.ts';
import { placeNormalisation } from './place-normalisation.ts';
import type { PlannedModel } from './plan.ts';
import type { ModelRequest, Spec } from './spec.ts';

/** @throws TopfiveError in one sentence for the first model that cannot be evaluated on this manifest */
export async function prepareModels(spec: Spec, manifest: Manifest): Promise<PlannedModel[]> {
  const requests = requestsOf(spec);
  const highestLabel = manifest.entries.reduce((highest, { label }) => Math.max(highest, label), 0);
  const planned: PlannedModel[] = [];
  for (const request of requests) {
    const full = await prepareModel(request, { highestLabel, wanted: spec.normalisation });
    for (const precision of spec.precision) {
      planned.push(precision === 'fp16' ? await prepareHalf(full) : full);
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

async function prepareModel(
  request: ModelRequest,
  { highestLabel, wanted }: { highestLabel: number; wanted: Spec['normalisation'] },
): Promise<PlannedModel> {
  const { id } = request;
  const card = cardOf(request);
  const recipe = recipeOf(request);
  const onnx = await locateModel(request);
  const graph = await readGraph(onnx);
  const normalisation = placeNormalisation(graph, wanted);
  const session = await openToTry(onnx, { recipe, normalisation });
  try {
    const outputs = session.output.classes;
    const classOffset = request.classOffset ?? offsetFromCard(card?.classes, outputs);
    checkClasses({ onnx, outputs, classOffset, highestLabel, card });
    return {
      id,
      card: card?.id ?? null,
      precision: 'fp32',
      artifact: { ...(await readArtifact(onnx)), ...sourceOf(request) },
      recipe,
      recipeDigest: digestOf(recipe),
      normalisation,
      outputs,
      classOffset,
      fixedBatch: session.fixedBatch,
      secondsPerImage: await timeImage(session, { side: recipe.crop, normalisation }),
      conversion: null,
      published: card ? publishedOf(card) : null,
      ...countCost(graph, recipe.crop),
    };
  } finally {
    await session.close();
  }
}

/** Where a worker on another machine finds it too. */
function sourceOf({ onnx }: ModelRequest): { uri?: string } {
  return onnx !== undefined && isRemote(onnx) ? { uri: onnx } : {};
}

/** The same model with the artifact that is made of its own; whatever was settled for it stands. */
async function prepareHalf(full: PlannedModel): Promise<PlannedModel> {
  const { path, conversion } = await halfArtifactOf(full.artifact);
  const session = await openToTry(path, full);
  try {
    return {
      ...full,
      precision: 'fp16',
      artifact: { ...full.artifact, ...(await readArtifact(path)) },
      secondsPerImage: await timeImage(session, {
        side: full.recipe.crop,
        normalisation: full.normalisation,
      }),
      conversion,
    };
  } finally {
    await session.close();
  }
}

function openToTry(
  path: string,
  { recipe, normalisation }: Pick<PlannedModel, 'recipe' | 'normalisation'>,
): Promise<ClassifierSession> {
  return openClassifier(path, {
    threads: 1,
    device: 'cpu',
    expected: { side: recipe.crop, layout: recipe.layout },
    normalisation: normalisation === 'graph' ? recipe : undefined,
  });
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

/** A first run of so many seconds tells enough: what only it does is little beside the rest. */
const tellingRun = 0.5;

/** One run on zeros, the first or another: rough, and good enough to size shards. */
async function timeImage(
  session: ClassifierSession,
  { side, normalisation }: { side: number; normalisation: PlannedModel['normalisation'] },
): Promise<number> {
  const rows = session.fixedBatch ?? 1;
  if (session.firstRunSeconds > tellingRun) return session.firstRunSeconds / rows;
  const values = rows * 3 * side * side;
  const zeros = normalisation === 'graph' ? new Uint8Array(values) : new Float32Array(values);
  const started = performance.now();
  await session.run(zeros, rows);
  return (performance.now() - started) / 1000 / rows;
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
