/** Counting images on stderr, for work that is no run. */
import { openProgress } from './progress.ts';

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
