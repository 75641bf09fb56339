/** Work on large files: progress on stderr, and an interrupt that leaves nothing half done. */
import type { WriteOptions } from '../models/write-artifact.ts';
import { openByteCount } from './count.ts';
import { catchInterrupts } from './interrupt.ts';
import { tell } from './out.ts';

export type Watching = Required<Pick<WriteOptions, 'signal' | 'onProgress'>>;

/** @param unit what has been done to the bytes, e.g. `written` */
export async function whileWriting<T>(
  { label, unit, ci }: { label: string; unit: string; ci: boolean },
  work: (watching: Watching) => Promise<T>,
): Promise<T> {
  const count = openByteCount(label, { unit, ci });
  const interrupts = catchInterrupts({ onFirst: () => tell('stopping'), onSecond: count.stop });
  try {
    return await work({ signal: interrupts.signal, onProgress: count.update });
  } finally {
    count.stop();
    interrupts.release();
  }
}
