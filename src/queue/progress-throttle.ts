/** Sends the latest of many reports, and not more often than the queue should hear of it. */

export interface ProgressThrottle<T> {
  report(progress: T): void;
  /** Sends what is still held back. */
  flush(): Promise<void>;
}

/** `send` is never called twice at once, and never rejects. */
export function throttleProgress<T>(
  send: (progress: T) => Promise<void>,
  everyMs: number,
): ProgressThrottle<T> {
  let held: { progress: T } | undefined;
  let sending = Promise.resolve();
  let timer: NodeJS.Timeout | undefined;
  let lastSent = Number.NEGATIVE_INFINITY;
  const sendHeld = () => {
    clearTimeout(timer);
    timer = undefined;
    if (!held) return;
    const { progress } = held;
    held = undefined;
    lastSent = performance.now();
    sending = sending.then(() => send(progress));
  };
  return {
    report(progress) {
      held = { progress };
      const waitMs = lastSent + everyMs - performance.now();
      if (waitMs <= 0) sendHeld();
      else timer ??= setTimeout(sendHeld, waitMs);
    },
    async flush() {
      sendHeld();
      await sending;
    },
  };
}
