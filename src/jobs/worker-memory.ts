/** What fits into memory: models into a worker, and workers into a machine or onto a device. */
import { z } from 'zod';
import { parseBytes } from '../config.ts';

interface Sized {
  artifact: { bytes: number };
}

/** Bytes of a worker without models: Node.js, the runtime, libvips and their threads. */
const emptyWorker = 400e6;
/** Most bytes while models open, over those of their artifacts: 2.3 were seen with 350 MB to 3.3 GB (bench/fourteen.ts). */
const whileOpening = 2.4;
/** What other programs and the cache of files are left. */
const share = 0.9;
/** Most bytes of artifacts that a worker opens together where nothing is known of its memory. */
const cautious = 2 * 2 ** 30;

const memoryWords = 'the memory of a worker is a size such as 24GB, and 800MB at least';

/** Memory of what one worker computes on, as a spec says it: its GPU's, or its part of the host's. */
export const workerMemorySchema = z
  .string({ error: memoryWords })
  .refine((text) => (parseBytes(text) ?? 0) >= 2 * emptyWorker, memoryWords);

/**
 * First-fit in the order of the spec: what a group opens stays within a worker's memory, unless it is one model alone.
 * @returns indices into `models`
 */
export function groupModels(
  models: readonly Sized[],
  workerMemory: string | undefined,
): number[][] {
  const limit = workerMemory === undefined ? cautious : artifactsThatFit(workerMemory);
  const groups: { members: number[]; bytes: number }[] = [];
  for (const [index, { artifact }] of models.entries()) {
    const home = groups.find((group) => group.bytes + artifact.bytes <= limit);
    if (home) {
      home.members.push(index);
      home.bytes += artifact.bytes;
    } else {
      groups.push({ members: [index], bytes: artifact.bytes });
    }
  }
  return groups.map((group) => group.members);
}

/** Bytes; only the attempt tells for certain. */
function artifactsThatFit(workerMemory: string): number {
  return (share * parseBytes(workerMemory)! - emptyWorker) / whileOpening;
}

/** Whether a worker with so much memory can be expected to open the model, even alone. */
export function isTooLarge({ artifact }: Sized, workerMemory: string): boolean {
  return artifact.bytes > artifactsThatFit(workerMemory);
}

/**
 * @param memory bytes that all workers may use together
 * @returns at least 1: whether one does not fit, only the attempt tells
 */
export function workersThatFit(
  { groups, models }: { groups: readonly number[][]; models: readonly Sized[] },
  memory: number,
): number {
  const sizes = groups.map((group) =>
    group.reduce((sum, index) => sum + models[index].artifact.bytes, 0),
  );
  const worker = emptyWorker + whileOpening * Math.max(...sizes);
  return Math.max(1, Math.floor((share * memory) / worker));
}
