/** Who starts workers for a run, and stops them. */

export interface Fleet {
  /** Workers started. */
  readonly size: number;
  /** Rejects when the fleet can no longer make progress; resolves after `stop`. */
  readonly done: Promise<void>;
  /** Process ids or job names of the workers alive now. */
  alive(): string[];
  /** Asks every worker to finish and waits until all are gone. */
  stop(): Promise<void>;
}
