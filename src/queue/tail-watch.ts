/**
 * The tail of a run: nothing waits any more, but others still hold shards. Idle workers go, but for one spare, which takes up
 * a shard whose worker is lost. The spare is the idle worker with the lowest id of those that announce themselves.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { withDeadline } from './patience.ts';

/** Jobs that the worker could still come to do. */
export interface OpenJobs {
  /** Waiting, or waiting for another attempt. */
  takeable: number;
  /** Held by workers, or to come when these have finished. */
  held: number;
}

export interface TailWatch {
  /** True while this worker has a job. */
  isBusy(): boolean;
  count(): Promise<OpenJobs>;
  /** Tells the others that this worker idles. */
  announce(): Promise<void>;
  /** True when a worker with a lower id has announced itself within so many milliseconds. */
  heardLower(withinMs: number): boolean;
  signal: AbortSignal;
  everyMs?: number;
  /** A queue that does not answer for so long is held to be lost. */
  unreachableMs?: number;
}

/** Looks without work before a worker goes: by then every other idle one has announced itself, twice. */
const looksBeforeGoing = 3;
/** The same when nobody holds anything any more. */
const looksBeforeEnd = 2;

/** Resolves with `idle` when this worker is needed no more, `unreachable` when the queue is lost, `stopped` when aborted. */
export async function waitForTail(watch: TailWatch): Promise<'idle' | 'unreachable' | 'stopped'> {
  const { signal, everyMs = 1000, unreachableMs = 10_000 } = watch;
  let idleLooks = 0;
  let lastAnswer = performance.now();
  while (!signal.aborted) {
    await sleep(everyMs, undefined, { signal, ref: false }).catch(() => {});
    if (signal.aborted) break;
    // Asked for by a busy worker too: what it holds ends sooner or later, and then it must know where the queue is.
    const open = await withDeadline(watch.count(), 5000);
    if (open === undefined) {
      if (performance.now() - lastAnswer >= unreachableMs) return 'unreachable';
      continue;
    }
    lastAnswer = performance.now();
    idleLooks = watch.isBusy() || open.takeable > 0 ? 0 : idleLooks + 1;
    if (open.held === 0 && idleLooks >= looksBeforeEnd) return 'idle';
    if (open.held === 0 || idleLooks === 0) continue;
    await watch.announce().catch(() => {});
    if (idleLooks >= looksBeforeGoing && watch.heardLower(2.5 * everyMs)) return 'idle';
  }
  return 'stopped';
}
