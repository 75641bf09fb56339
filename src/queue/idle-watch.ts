/** Notices that there has been nothing to do for a while, anywhere on the queue. */
import { setTimeout as sleep } from 'node:timers/promises';
import { withDeadline } from './patience.ts';

export interface IdleWatch {
  seconds: number;
  /** True while this worker has a job. */
  isBusy(): boolean;
  /** Unfinished jobs on the queue, those of other workers included: one of theirs may stall and come back. */
  countUnfinished(): Promise<number>;
  signal: AbortSignal;
  /** A queue that does not answer for this long ends the worker too: it must not be paid for ever. */
  unreachableSeconds?: number;
}

/** Resolves with `idle`, or `unreachable` when the queue could not be asked for too long; `stopped` when aborted. */
export async function waitUntilIdle({
  seconds,
  isBusy,
  countUnfinished,
  signal,
  unreachableSeconds = 60,
}: IdleWatch): Promise<'idle' | 'unreachable' | 'stopped'> {
  const everyMs = Math.min(1000, Math.max(50, seconds * 250));
  let lastAnswer = performance.now();
  /** The first look since there was work; undefined after a look that saw some. */
  let idleSince: number | undefined;
  while (!signal.aborted) {
    await sleep(everyMs, undefined, { signal, ref: false }).catch(() => {});
    if (signal.aborted) break;
    const unfinished = isBusy() ? 1 : await withDeadline(countUnfinished(), 5000);
    const now = performance.now();
    if (unfinished !== undefined) lastAnswer = now;
    if (unfinished) idleSince = undefined;
    if (unfinished === 0) {
      idleSince ??= now;
      if (now - idleSince >= seconds * 1000) return 'idle';
    }
    if (now - lastAnswer >= Math.max(seconds, unreachableSeconds) * 1000) return 'unreachable';
  }
  return 'stopped';
}
