/** Counting images or bytes on stderr, for work that is no run. */
import { openProgress, type Progress } from './progress.ts';

export interface Count {
  /** One more image; `failed` when something was wrong with it. */
  add(failed: boolean): void;
  stop(): void;
}

export function openCount(
  label: string,
  { expected, ci }: { expected: number; ci: boolean },
): Count {
  const progress = openProgress({ stream: process.stderr, ci, unit: 'images' });
  const row = { label, done: 0, expected, failed: 0 };
  const started = performance.now();
  return {
    add(failed) {
      row.done += 1;
      row.failed += failed ? 1 : 0;
      progress.update([{ ...row }], (performance.now() - started) / 1000);
    },
    stop: progress.stop,
  };
}

export interface ByteCount {
  update(progress: { done: number; total: number }): void;
  stop(): void;
}

/** Below this many bytes the work is over before anybody reads of it. */
const worthTelling = 2 ** 26;

/** @param unit what has been done to the bytes, e.g. `written` */
export function openByteCount(
  label: string,
  { unit, ci }: { unit: string; ci: boolean },
): ByteCount {
  const started = performance.now();
  let progress: Progress | undefined;
  return {
    update({ done, total }) {
      if (total < worthTelling) return;
      progress ??= openProgress({ stream: process.stderr, ci, unit, measure: 'bytes' });
      const row = { label, done, expected: total, failed: 0 };
      progress.update([row], (performance.now() - started) / 1000);
    },
    stop: () => progress?.stop(),
  };
}
