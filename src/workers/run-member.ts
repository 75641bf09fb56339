/** A worker of one run: finds the run's queue, finds it again when it is lost, and goes when the run needs it no more. */
import { messageOf, TopfiveError } from '../errors.ts';
import { readEndpoint } from '../jobs/endpoint.ts';
import { hasEnding } from '../jobs/run-state.ts';
import { pause } from '../queue/patience.ts';
import { probeServer } from '../queue/probe.ts';
import { type RunWorker, startRunWorker } from '../queue/run-worker.ts';
import { type Duties, type DutyOptions, openDuties } from './duties.ts';
import type { RunningWorker } from './worker.ts';

/** How often a worker looks whether its run has ended, and where its queue is while it has none, in milliseconds. */
const lookMs = 2000;
/** A coordinator on a lost host is started again elsewhere within minutes; longer, and nobody pays for waiting. */
const patienceMs = 300_000;

export interface MemberOptions extends DutyOptions {
  runId: string;
  /** URL of a queue that needs no coordinator; undefined reads it from the run's endpoint. */
  queue: string | undefined;
}

interface Member {
  options: MemberOptions;
  duties: Duties;
  /** Fires when the worker is told to end. */
  signal: AbortSignal;
}

export function startRunMember(options: MemberOptions): RunningWorker {
  const closing = new AbortController();
  const duties = openDuties(options);
  const member: Member = { options, duties, signal: closing.signal };
  let serving: Serving | undefined;
  const serve = async () => {
    for (let lostAt = performance.now(); ; ) {
      const queue = await findQueue(member, lostAt);
      if (queue === undefined) return;
      serving = await joinQueue(queue, member).catch((error) => {
        // It answered a moment ago, so it is lost, not wrong.
        options.log.debug(messageOf(error));
        return undefined;
      });
      if (!serving) continue;
      if ((await serving.ended) !== 'lost') return;
      lostAt = performance.now();
      options.log.warn(`the queue of run ${options.runId} is lost; looking for it`);
    }
  };
  const done = serve().finally(() => duties.close());
  done.catch(() => {});
  return {
    done,
    async close(graceMs) {
      closing.abort();
      await serving?.close(graceMs);
      await done.catch(() => {});
    },
  };
}

/** The URL of a queue that answers; undefined when the run has ended or the worker is told to. */
async function findQueue(
  { options, duties, signal }: Member,
  lostAt: number,
): Promise<string | undefined> {
  const { runId, log } = options;
  let why = 'no coordinator has said where it is';
  while (!signal.aborted) {
    if (performance.now() - lostAt > patienceMs) throw neverFound(runId, why);
    try {
      if (await hasEnding(duties.storage, runId)) return undefined;
      const queue = options.queue ?? (await readEndpoint(duties.storage, runId))?.queue;
      if (queue) {
        await probeServer(queue, log);
        return queue;
      }
    } catch (error) {
      why = messageOf(error);
    }
    await pause(lookMs, signal);
  }
  return undefined;
}

function neverFound(runId: string, why: string): TopfiveError {
  return new TopfiveError(
    'queue',
    `the queue of run ${runId} could not be used for ${patienceMs / 60_000} minutes: ${why}; "topfive resume ${runId} --coordinate" starts a coordinator`,
  );
}

interface Serving {
  /** `lost` when the queue stopped answering and what was held has been finished. */
  ended: Promise<'lost' | 'done'>;
  close(graceMs?: number): Promise<void>;
}

async function joinQueue(url: string, { options, duties, signal }: Member): Promise<Serving> {
  const { runId, log } = options;
  let held: Promise<void> | undefined;
  const worker = await startRunWorker({
    url,
    shard: (payload, context) => {
      held = duties.shard(payload, context);
      return held;
    },
    measure: duties.measure,
    // A coordinator aggregates its run by itself.
    ...(options.queue !== undefined && { aggregate: duties.aggregate }),
    holdsNext: duties.holdsNext,
    acceptsStore: duties.acceptsStore,
    leaveInTail: true,
    log,
  });
  log.info(`worker ${process.pid} takes jobs of run ${runId}`);
  leaveWithRun(worker, { runId, duties, signal });
  const ended = worker.done.then(
    () => 'done' as const,
    async (error) => {
      log.debug(messageOf(error));
      // Without a queue the shard is still worth its record: whoever gets its job finds it done.
      await held?.catch(() => {});
      return 'lost' as const;
    },
  );
  return { ended, close: (graceMs) => worker.close(graceMs) };
}

/** Ends the worker when its run has ended, however it ended. */
function leaveWithRun(
  worker: RunWorker,
  { runId, duties, signal }: { runId: string; duties: Duties; signal: AbortSignal },
): void {
  let isOpen = true;
  const closed = () => {
    isOpen = false;
  };
  worker.done.then(closed, closed);
  const look = async () => {
    while (isOpen && !signal.aborted) {
      await pause(lookMs, signal);
      // Storage that does not answer now is asked again.
      const isOver = await hasEnding(duties.storage, runId).catch(() => false);
      if (isOver && isOpen) await worker.leave();
    }
  };
  look();
}
