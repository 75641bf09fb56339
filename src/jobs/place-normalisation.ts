/** Where the bytes of a model's images are normalised: inside its graph, which is quicker, or before it. */
import { TopfiveError } from '../errors.ts';
import { obstacleToByteInput } from '../onnx/byte-input.ts';
import type { GraphFile } from '../onnx/graph-file.ts';
import type { PlannedModel } from './plan.ts';
import type { Spec } from './spec.ts';

/**
 * Decided by the file alone and not by a measurement, so that every worker and the next run decide alike.
 * @param graph or why it cannot be read: the runtime may read it all the same
 * @throws TopfiveError `spec` when the graph is asked for and cannot be changed
 */
export function placeNormalisation(
  graph: GraphFile | TopfiveError,
  wanted: Spec['normalisation'],
): PlannedModel['normalisation'] {
  if (wanted === 'host') return 'host';
  const obstacle = findObstacle(graph);
  if (obstacle === null) return 'graph';
  if (wanted === 'auto') return 'host';
  throw new TopfiveError(
    'spec',
    `normalisation: graph was asked for, but ${obstacle}: ask for auto or host`,
  );
}

function findObstacle(graph: GraphFile | TopfiveError): string | null {
  if (graph instanceof TopfiveError) return graph.message;
  const obstacle = obstacleToByteInput(graph.outline.bytes);
  return obstacle === null ? null : `${graph.path} ${obstacle}`;
}
