/** Images on remote storage are on their way before their shard has its turn, so that network and computing overlap. */
import { type ComingImages, ReadAhead } from '../data/read-ahead.ts';
import { inPlannedOrder } from '../jobs/planned-order.ts';
import type { ShardPayload } from '../queue/payload.ts';
import { openStorage } from '../storage/open.ts';
import type { RunCache } from './run-cache.ts';

const limits = {
  /** A shard of a thousand of ImageNet's photographs has 110 MB. */
  bytes: 128 * 2 ** 20,
  /** At 50 ms an answer, 640 single images a second, which is more than a worker's processor decodes. */
  requests: 32,
};

export interface Fetching {
  /** Begins to fetch what the shard needs; nothing where the images are at hand or do not lie by themselves. */
  start(payload: ShardPayload): ShardImages;
  /** Whether there is anything to gain from the next shard's being known early. */
  isWorthwhile(payload: ShardPayload): Promise<boolean>;
}

export interface ShardImages {
  /** Undefined where nothing is fetched ahead. */
  images: Promise<ComingImages | undefined>;
  close(): Promise<void>;
}

export function openFetching(runs: RunCache): Fetching {
  const ahead = new ReadAhead(limits);

  async function isWorthwhile({ runId }: ShardPayload): Promise<boolean> {
    const { dataset } = (await runs.open(runId)).plan;
    return !dataset.uri.startsWith('file:') && dataset.layout !== 'parquet';
  }

  async function expect(payload: ShardPayload): Promise<ComingImages | undefined> {
    if (!(await isWorthwhile(payload))) return undefined;
    const { plan, manifest } = await runs.open(payload.runId);
    const { start, end } = plan.shards[payload.shard];
    const entries = inPlannedOrder(manifest.entries, plan).slice(start, end);
    return ahead.expect(entries, openStorage(plan.dataset.uri));
  }

  return {
    isWorthwhile,
    start(payload) {
      // A run that cannot be read is refused where its shard has its turn.
      const images = expect(payload).catch(() => undefined);
      return {
        images,
        async close() {
          (await images)?.close();
        },
      };
    },
  };
}
