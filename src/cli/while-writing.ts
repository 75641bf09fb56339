/** Work on large files: progress on stderr, and an interrupt that leaves nothing half done. */
import type { WriteProgress } from '../models/write-artifact.ts';
import { type ByteCount, openByteCount } from './count.ts';
import { catchInterrupts } from './interrupt.ts';
import { tell } from './out.ts';

export interface Watching {
  signal: AbortSignal;
  /** @param unit what is done to the bytes, e.g. `written`; of several, one is shown after the other */
  progressOf(unit: string): (progress: WriteProgress) => void;
}

export async function whileWriting<T>(
  { label, ci }: { label: string; ci: boolean },
  work: (watching: Watching) => Promise<T>,
): Promise<T> {
  let shown: ByteCount | undefined;
  const stop = () => shown?.stop();
  const interrupts = catchInterrupts({ onFirst: () => tell('stopping'), onSecond: stop });
  const progressOf = (unit: string) => {
    const count = openByteCount(label, { unit, ci });
    return (progress: WriteProgress) => {
      if (shown !== count) stop();
      shown = count;
      count.update(progress);
    };
  };
  try {
    return await work({ signal: interrupts.signal, progressOf });
  } finally {
    stop();
    interrupts.release();
  }
}
