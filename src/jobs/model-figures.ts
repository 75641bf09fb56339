/** The figures that a report needs beside the measured ones: what is published of models, and what a graph costs. */
import { TopfiveError } from '../errors.ts';
import type { ModelCard } from '../models/cards/card.ts';
import { cards } from '../models/cards.ts';
import { costOfImage, type GraphFile } from '../onnx/graph-file.ts';
import type { SeriesModel } from '../scoring/series.ts';
import type { PlannedModel } from './plan.ts';

export function publishedOf({ published }: ModelCard): NonNullable<PlannedModel['published']> {
  const { top1, top5, digits, source, reference, tolerance, cost } = published;
  const exceptions = cost.exceptions.map((exception) => ({ ...exception }));
  return { top1, top5, digits, source, reference, tolerance, cost: { ...cost, exceptions } };
}

/** The whole page, when a model of a run stands on it. */
export function seriesAround(models: readonly Pick<PlannedModel, 'card'>[]): SeriesModel[] {
  return models.every(({ card }) => card === null) ? [] : cards.map(seriesModelOf);
}

function seriesModelOf(card: ModelCard): SeriesModel {
  const { id, family, recipe, published } = card;
  const { cells, source } = published.latency;
  return {
    id,
    family,
    resizeShort: recipe.resizeShort,
    crop: recipe.crop,
    published: publishedOf(card),
    latency: { cells: cells.map((cell) => ({ ...cell })), source },
  };
}

/**
 * Of one image, counted from the artifact's own graph: a multiply-accumulate is two operations.
 * @param graph or why it cannot be read
 * @param side in pixels, of the images where the file leaves it open
 */
export function countCost(
  graph: GraphFile | TopfiveError,
  side: number,
): Pick<PlannedModel, 'cost' | 'costReason'> {
  try {
    if (graph instanceof TopfiveError) throw graph;
    const { params, macs } = costOfImage(graph, side);
    return { cost: { params, macs, flops: 2 * macs }, costReason: null };
  } catch (error) {
    if (!(error instanceof TopfiveError)) throw error;
    return { cost: null, costReason: error.message };
  }
}
