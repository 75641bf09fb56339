/** A coordinator: carries the queue of one run for workers elsewhere, and aggregates; all that must last is in storage. */
import { mkdtemp, rm } from 'node:fs/promises';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { messageOf, TopfiveError } from '../errors.ts';
import { claimEpoch, type Endpoint, publishEndpoint, readEndpoint } from '../jobs/endpoint.ts';
import { finishRun } from '../jobs/finish-run.ts';
import { loadPlan } from '../jobs/plan.ts';
import { hasEnding } from '../jobs/run-state.ts';
import type { Logger } from '../log.ts';
import type { NetworkListening } from '../queue/embedded-server.ts';
import { openEngine } from '../queue/engine.ts';
import { openRunQueue, type RunQueue } from '../queue/run-queue.ts';
import { startRunWorker } from '../queue/run-worker.ts';
import type { Storage } from '../storage/storage.ts';
import { measureOnWorker } from './measure-on-worker.ts';
import type { Coordination, Workplace } from './workplace.ts';

/** How often a coordinator looks whether it still is the newest, in milliseconds. */
const lookMs = 2000;
/** Workers notice the end of their run within two seconds. */
const farewellMs = 4000;
const farewellPollMs = 100;

export interface CoordinatorOptions {
  storage: Storage;
  listen: NetworkListening;
  log: Logger;
}

/** Starts the queue on a port; nobody is told of it before `coordination.publish`. */
export async function openCoordinator(
  runId: string,
  { storage, listen, log }: CoordinatorOptions,
): Promise<Workplace & { coordination: Coordination }> {
  const closings: (() => Promise<void>)[] = [];
  const close = async () => {
    for (const step of closings.splice(0).reverse()) await step();
  };
  try {
    const directory = await mkdtemp(join(tmpdir(), 'topfive-coordinator-'));
    closings.push(() => rm(directory, { recursive: true, force: true }));
    const engine = await openEngine({ queue: 'embedded:redis', directory, listen, own: true, log });
    closings.push(() => engine.close());
    const queue = await openRunQueue(engine.url, { log });
    closings.push(() => queue.close());
    const alone = new AbortController();
    const aggregator = await startRunWorker({
      url: engine.url,
      aggregate: async (_, { childFailures, finalAttempt, signal }) => {
        const isFinal = () => finalAttempt && !signal.aborted;
        const measuring = { storage, queue, alone: alone.signal, signal };
        const measure = async () => measureOnWorker(await loadPlan(storage, runId), measuring);
        await finishRun({ storage, runId, childFailures, isFinal, measure });
      },
      log,
    });
    closings.push(() => aggregator.close());
    const coordination = {
      ...coordinate(runId, { storage, queue: engine.url, log }),
      fleetEnded: () => alone.abort(),
    };
    closings.push(() => letWorkersGo(runId, { storage, queue }));
    closings.push(() => coordination.retire());
    return { storage, engine, queue, coordination, close };
  } catch (error) {
    await close();
    throw error;
  }
}

/** Keeps the queue until the workers of a run that has ended have gone, so that they go in order. */
async function letWorkersGo(
  runId: string,
  { storage, queue }: { storage: Storage; queue: RunQueue },
): Promise<void> {
  const deadline = performance.now() + farewellMs;
  const isOver = await hasEnding(storage, runId).catch(() => false);
  while (isOver && performance.now() < deadline) {
    if ((await queue.countWorkers().catch(() => 0)) === 0) return;
    await sleep(farewellPollMs);
  }
}

/** Publishes the queue under a number of its own, and notices when another coordinator has a higher one. */
function coordinate(
  runId: string,
  { storage, queue, log }: { storage: Storage; queue: string; log: Logger },
): Omit<Coordination, 'fleetEnded'> & { retire(): Promise<void> } {
  const over = new AbortController();
  const retired = new AbortController();
  const host = hostname();
  let epoch = 0;

  function supersede(other: Endpoint | undefined): void {
    over.abort(
      new TopfiveError(
        'failed',
        `another coordinator, on ${other?.host ?? 'another host'}, has taken over run ${runId}, so this one ends; "topfive watch ${runId}" follows the run`,
      ),
    );
  }

  async function look(): Promise<void> {
    const current = await readEndpoint(storage, runId);
    if (current?.epoch === epoch) return;
    if (!(await publishEndpoint(storage, { runId, epoch, queue, host }))) supersede(current);
  }

  async function keepLooking(): Promise<void> {
    while (!retired.signal.aborted && !over.signal.aborted) {
      await sleep(lookMs, undefined, { signal: retired.signal, ref: false }).catch(() => {});
      if (retired.signal.aborted) return;
      await look().catch((error) => log.debug(messageOf(error)));
    }
  }

  let looking = Promise.resolve();
  return {
    over: over.signal,
    async publish() {
      epoch = await claimEpoch(storage, { runId, host });
      if (!(await publishEndpoint(storage, { runId, epoch, queue, host }))) {
        supersede(await readEndpoint(storage, runId));
      }
      looking = keepLooking();
    },
    stepDown() {
      over.abort(
        new TopfiveError(
          'failed',
          `the coordinator of run ${runId} was told to end; "topfive resume ${runId} --coordinate" goes on`,
        ),
      );
    },
    async retire() {
      retired.abort();
      await looking;
      if (epoch > 0) {
        await publishEndpoint(storage, { runId, epoch, queue: null, host }).catch((error) =>
          log.debug(messageOf(error)),
        );
      }
    },
  };
}
