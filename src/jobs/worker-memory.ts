/** How many workers the memory of a machine holds, from the largest group of models that each of them opens. */
import type { Plan } from './plan.ts';

/** Bytes of a worker without models: Node.js, the runtime, libvips and their threads. */
const emptyWorker = 400e6;
/** Most bytes while models open, over those of their artifacts: 2.3 were seen with 350 MB to 3.3 GB (bench/fourteen.ts). */
const whileOpening = 2.4;
/** What other programs and the cache of files are left. */
const share = 0.9;

/**
 * @param memory bytes that all workers may use together
 * @returns at least 1: whether one does not fit, only the attempt tells
 */
export function workersThatFit(
  { groups, models }: Pick<Plan, 'groups' | 'models'>,
  memory: number,
): number {
  const sizes = groups.map((group) =>
    group.reduce((sum, index) => sum + models[index].artifact.bytes, 0),
  );
  const worker = emptyWorker + whileOpening * Math.max(...sizes);
  return Math.max(1, Math.floor((share * memory) / worker));
}
