/** Trying again: growing waits with jitter, for as long as there is hope. */
import { setTimeout as pause } from 'node:timers/promises';

/** Waits are random between nothing and a ceiling that doubles ("full jitter"), so that many workers do not come back at once. */
const firstCeilingMs = 100;
const lastCeilingMs = 5000;

export interface RetryOptions {
  /** Whether the same request may succeed later. */
  isWorthwhile: (error: unknown, tries: number) => boolean;
  /** No new attempt begins so long after the first failure, in milliseconds. */
  patienceMs: number;
}

/** Resolves with the first success; rejects with the last error. */
export async function withRetries<T>(
  attempt: () => Promise<T>,
  { isWorthwhile, patienceMs }: RetryOptions,
): Promise<T> {
  let deadline: number | undefined;
  for (let tries = 1; ; tries += 1) {
    try {
      return await attempt();
    } catch (error) {
      deadline ??= performance.now() + patienceMs;
      if (!isWorthwhile(error, tries) || performance.now() > deadline) throw error;
    }
    await pause(Math.random() * Math.min(lastCeilingMs, firstCeilingMs * 2 ** tries));
  }
}
