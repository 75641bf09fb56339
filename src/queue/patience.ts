/** How long to wait for a queue's server that is away: it may be on its way back after a crash. */
import { setTimeout as sleep } from 'node:timers/promises';

/** Long enough for a server to start again and recover its data. */
const patienceMs = 30_000;

/** Errors of sockets, and SQLSTATEs of a Postgres that shuts down, crashed or starts (classes 08 and 57P0). */
const awayCodes = /^(ENOENT|ECONNREFUSED|ECONNRESET|EPIPE|ETIMEDOUT|08\d{3}|57P0[123])$/;
/** The Postgres driver's own errors carry no code. */
const awayMessages =
  /terminated unexpectedly|timeout exceeded when trying to connect|not queryable/;

/** True for the errors of a server that is not there, rather than of a server that refuses. */
export function isAway(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  const code = 'code' in error ? String(error.code) : '';
  return awayCodes.test(code) || awayMessages.test(error.message);
}

/** The same after all patience, whether it was ours or that of the Redis client. */
export function isLost(error: unknown): boolean {
  return isAway(error) || (error instanceof Error && error.name === 'MaxRetriesPerRequestError');
}

/** Repeats work that may be done twice; any other error is passed on at once. */
export async function withPatience<T>(work: () => Promise<T>): Promise<T> {
  const deadline = Date.now() + patienceMs;
  for (let delayMs = 25; ; delayMs = Math.min(2 * delayMs, 1000)) {
    try {
      return await work();
    } catch (error) {
      if (!isAway(error) || Date.now() > deadline) throw error;
      await sleep(delayMs);
    }
  }
}

/** True when the promise settles in time, whichever way. */
export async function settlesWithin(promise: Promise<unknown>, withinMs: number): Promise<boolean> {
  const settled = promise.then(
    () => true,
    () => true,
  );
  return (await withDeadline(settled, withinMs)) ?? false;
}

/** The promise's value, or undefined when it rejects or does not settle in time. */
export async function withDeadline<T>(
  promise: Promise<T>,
  withinMs: number,
): Promise<T | undefined> {
  let timer: NodeJS.Timeout | undefined;
  const tooLate = new Promise<undefined>((resolve) => {
    timer = setTimeout(resolve, withinMs, undefined);
  });
  return Promise.race([promise, tooLate])
    .catch(() => undefined)
    .finally(() => clearTimeout(timer));
}

/** Waits without keeping the process alive for it; ends early when aborted. */
export async function pause(ms: number, signal?: AbortSignal): Promise<void> {
  await sleep(ms, undefined, { ref: signal === undefined, ...(signal && { signal }) }).catch(
    () => {},
  );
}
