/** Ctrl-C and SIGTERM while a run is driven or watched: the first asks for an orderly end, the second ends at once. */
import { exitCodes } from '../errors.ts';

export interface Interrupts {
  /** Fires at the first interrupt. */
  readonly signal: AbortSignal;
  /** Interrupts do again what they do by default. */
  release(): void;
}

const interruptSignals = ['SIGINT', 'SIGTERM'] as const;

/** @param onSecond puts in order what cannot wait, such as the cursor, before the process ends */
export function catchInterrupts({
  signals = interruptSignals,
  onFirst,
  onSecond,
}: {
  signals?: readonly NodeJS.Signals[];
  onFirst: () => void;
  onSecond: () => void;
}): Interrupts {
  const controller = new AbortController();
  const onSignal = () => {
    if (controller.signal.aborted) {
      onSecond();
      process.exit(exitCodes.cancelled);
    }
    onFirst();
    controller.abort();
  };
  for (const name of signals) process.on(name, onSignal);
  return {
    signal: controller.signal,
    release() {
      for (const name of signals) process.off(name, onSignal);
    },
  };
}
