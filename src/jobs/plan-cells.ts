/** From a spec to the cells that a latency measurement has: model × precision × batch, with what stands in their way. */
import { freemem } from 'node:os';
import type { Recipe } from '../data/recipe.ts';
import { TopfiveError } from '../errors.ts';
import { type Artifact, readArtifact } from '../models/artifact.ts';
import { openClassifier } from '../onnx/session.ts';
import { bytes as bytesText } from '../report/numbers.ts';
import { type LatencyMode, latencyModes } from '../scoring/latency-modes.ts';
import { halfArtifactOf } from './half-artifact.ts';
import type { LatencySpec } from './latency-spec.ts';
import { locateModel } from './locate-model.ts';
import { recipeOf, requestsOf } from './prepare-models.ts';
import type { ModelRequest, Spec } from './spec.ts';

export interface PlannedCell {
  model: string;
  precision: 'fp32' | 'fp16';
  batch: number;
  recipe: Recipe;
  artifact: Artifact;
  /** Why it cannot be measured; null when nothing speaks against it. */
  obstacle: string | null;
}

/** @throws TopfiveError in one sentence for the first model that is missing, broken or no classifier */
export async function planCells(spec: Spec, latency: LatencySpec): Promise<PlannedCell[]> {
  const cells: PlannedCell[] = [];
  for (const request of requestsOf(spec)) cells.push(...(await cellsOf(request, spec, latency)));
  return cells;
}

async function cellsOf(
  request: ModelRequest,
  spec: Spec,
  latency: LatencySpec,
): Promise<PlannedCell[]> {
  const recipe = recipeOf(request);
  const full = await readArtifact(await locateModel(request));
  const fits = full.bytes * loadedSize < freemem();
  const fixedBatch = fits ? await readFixedBatch(full, recipe) : null;
  const { mode } = latency;
  const cells: PlannedCell[] = [];
  for (const precision of latency.precision ?? spec.precision) {
    const { artifact, obstacle } = fits
      ? await artifactAt(precision, full)
      : { artifact: full, obstacle: tooLarge(full) };
    for (const batch of latency.batch) {
      const own = { model: request.id, precision, batch, recipe, artifact };
      cells.push({ ...own, obstacle: obstacle ?? obstacleOf({ batch, fixedBatch, mode }) });
    }
  }
  return cells;
}

async function artifactAt(
  precision: 'fp32' | 'fp16',
  full: Artifact,
): Promise<Pick<PlannedCell, 'artifact' | 'obstacle'>> {
  if (precision === 'fp32') return { artifact: full, obstacle: null };
  try {
    const { path } = await halfArtifactOf(full);
    return { artifact: await readArtifact(path), obstacle: null };
  } catch (error) {
    if (!(error instanceof TopfiveError) || error.kind !== 'model') throw error;
    return { artifact: full, obstacle: error.message };
  }
}

function tooLarge({ bytes }: Artifact): string {
  return `it does not fit: a model of ${bytesText(bytes)}, and ${bytesText(freemem())} of memory are free`;
}

/** A session holds the weights as they lie in the file, and for a moment parts of them a second time. */
const loadedSize = 1.2;

async function readFixedBatch({ path }: Artifact, recipe: Recipe): Promise<number | null> {
  const expected = { side: recipe.crop, layout: recipe.layout };
  const session = await openClassifier(path, { threads: 1, device: 'cpu', expected });
  await session.close();
  return session.fixedBatch;
}

interface CellConditions {
  batch: number;
  fixedBatch: number | null;
  mode: LatencyMode;
}

function obstacleOf({ batch, fixedBatch, mode }: CellConditions): string | null {
  if (fixedBatch !== null && fixedBatch !== batch) {
    return `the graph has a fixed batch of ${fixedBatch}: export it with an open one`;
  }
  const images = latencyModes[mode].imagesPerQuery(batch);
  if (batch > images) return `a ${mode} query has ${images} images, which do not fill the batch`;
  return null;
}
