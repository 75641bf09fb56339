/** Where the bytes of a model's images are normalised: inside its graph, which is quicker, or before it. */
import { readFile, stat } from 'node:fs/promises';
import { TopfiveError } from '../errors.ts';
import { obstacleToByteInput } from '../onnx/byte-input.ts';
import type { PlannedModel } from './plan.ts';
import type { Spec } from './spec.ts';

/** Bytes. A graph is changed in memory, so the file is held there twice; networks of more weights would hardly gain. */
const largestChanged = 256e6;

/**
 * Decided by the file alone and not by a measurement, so that every worker and the next run decide alike.
 * @throws TopfiveError `spec` when the graph is asked for and cannot be changed
 */
export async function placeNormalisation(
  onnx: string,
  wanted: Spec['normalisation'],
): Promise<PlannedModel['normalisation']> {
  if (wanted === 'host') return 'host';
  const obstacle = await findObstacle(onnx);
  if (obstacle === null) return 'graph';
  if (wanted === 'auto') return 'host';
  throw new TopfiveError(
    'spec',
    `normalisation: graph was asked for, but ${onnx} ${obstacle}: ask for auto or host`,
  );
}

async function findObstacle(onnx: string): Promise<string | null> {
  // What is no readable file is refused in words of its own when it is opened.
  const size = await stat(onnx).then(
    (found) => (found.isFile() ? found.size : 0),
    () => 0,
  );
  if (size === 0) return 'is not a readable file';
  return size > largestChanged
    ? `has ${Math.ceil(size / 1e6)} MB, and at most ${largestChanged / 1e6} are changed in memory`
    : obstacleToByteInput(await readFile(onnx));
}
