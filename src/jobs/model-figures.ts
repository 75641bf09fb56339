/** The figures that a plan carries for the report: what is published of a model, and what its own graph costs. */
import { TopfiveError } from '../errors.ts';
import type { ModelCard } from '../models/cards/card.ts';
import { costOfImage, openGraph } from '../onnx/graph-file.ts';
import type { PlannedModel } from './plan.ts';

export function publishedOf({ published }: ModelCard): NonNullable<PlannedModel['published']> {
  const { top1, top5, digits, source, reference, tolerance, cost } = published;
  const exceptions = cost.exceptions.map((exception) => ({ ...exception }));
  return { top1, top5, digits, source, reference, tolerance, cost: { ...cost, exceptions } };
}

/**
 * Of one image, counted from the artifact's own graph: a multiply-accumulate is two operations.
 * @param side in pixels, of the images where the file leaves it open
 */
export async function countCost(
  path: string,
  side: number,
): Promise<Pick<PlannedModel, 'cost' | 'costReason'>> {
  try {
    const { params, macs } = costOfImage(await openGraph(path), side);
    return { cost: { params, macs, flops: 2 * macs }, costReason: null };
  } catch (error) {
    if (!(error instanceof TopfiveError)) throw error;
    return { cost: null, costReason: error.message };
  }
}
