/** Ctrl-C and SIGTERM: the first asks for an orderly end, the second ends at once. */
import { exitCodes } from '../errors.ts';

export interface Interrupts {
  /** Fires at the first interrupt after `arm`. */
  readonly signal: AbortSignal;
  /** From now on the first interrupt asks; before, there is nothing to put in order and it ends the process. */
  arm(onFirst: () => void): void;
  /** Interrupts do again what they do by default. */
  release(): void;
}

const signals = ['SIGINT', 'SIGTERM'] as const;

export function catchInterrupts(): Interrupts {
  const controller = new AbortController();
  let ask: (() => void) | undefined;
  const onSignal = () => {
    if (!ask || controller.signal.aborted) process.exit(exitCodes.cancelled);
    ask();
    controller.abort();
  };
  for (const name of signals) process.on(name, onSignal);
  return {
    signal: controller.signal,
    arm(onFirst) {
      ask = onFirst;
    },
    release() {
      for (const name of signals) process.off(name, onSignal);
    },
  };
}
