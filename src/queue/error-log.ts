/** What connections say when they fail: every BullMQ object must be listened to, and none may flood the log. */
import type { Logger } from '../log.ts';

/** The same message is repeated at most this often. */
const repeatMs = 60_000;
const messagesKept = 100;

/** A listener for `error` events. */
export function logErrors(log: Logger, what: string): (error: Error) => void {
  const last = new Map<string, number>();
  return ({ message }) => {
    const now = Date.now();
    const isRepeated = now - (last.get(message) ?? Number.NEGATIVE_INFINITY) < repeatMs;
    if (last.size > messagesKept) last.clear();
    if (!isRepeated) last.set(message, now);
    log[isRepeated ? 'debug' : 'warn'](`${what}: ${message}`);
  };
}
