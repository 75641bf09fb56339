/** Every failure that a person meets: a code, one sentence, an exit code, and whether a retry can help. */

/** Exit codes of the command line; documented in docs/cli.md. */
export const exitCodes = {
  done: 0,
  regression: 1,
  usage: 2,
  invalid: 3,
  inconclusive: 4,
  failed: 5,
  cancelled: 130,
} as const;

const kinds = {
  usage: { exit: exitCodes.usage, retryable: false },
  spec: { exit: exitCodes.usage, retryable: false },
  dataset: { exit: exitCodes.usage, retryable: false },
  model: { exit: exitCodes.usage, retryable: false },
  queue: { exit: exitCodes.usage, retryable: false },
  output: { exit: exitCodes.usage, retryable: false },
  /** Storage that refuses these credentials, or was never reached. They may be renewed, so a job tries again. */
  access: { exit: exitCodes.usage, retryable: true },
  'not-found': { exit: exitCodes.usage, retryable: false },
  invalid: { exit: exitCodes.invalid, retryable: false },
  storage: { exit: exitCodes.failed, retryable: true },
  failed: { exit: exitCodes.failed, retryable: false },
  cancelled: { exit: exitCodes.cancelled, retryable: false },
} as const;

export type ErrorKind = keyof typeof kinds;

/**
 * An error whose message is one sentence for a person: what was expected, where, what arrived, what to do.
 * `retryable` is translated for the queue in `queue/` and nowhere else.
 */
export class TopfiveError extends Error {
  readonly kind: ErrorKind;
  /** What the sentence is too short for, a line each. */
  readonly details: readonly string[];

  constructor(
    kind: ErrorKind,
    message: string,
    { details = [], ...options }: { cause?: unknown; details?: readonly string[] } = {},
  ) {
    super(message, options);
    this.name = 'TopfiveError';
    this.kind = kind;
    this.details = details;
  }

  get exitCode(): number {
    return kinds[this.kind].exit;
  }

  get retryable(): boolean {
    return kinds[this.kind].retryable;
  }
}

/** The message of anything thrown. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** True for an error of the operating system with one of these codes (`ENOENT`, `EACCES`, …). */
export function isSystemError(error: unknown, ...codes: string[]): error is NodeJS.ErrnoException {
  return (
    error instanceof Error && 'code' in error && codes.includes((error as { code: string }).code)
  );
}
