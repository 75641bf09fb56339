/** Who starts workers for a run, lists them, and stops them. */

export interface FleetOrder {
  runId: string;
  /** How many to start. */
  workers: number;
  /** Arguments of `topfive worker`. */
  args: string[];
}

export interface Launcher {
  /** Starts workers; those of the run that are alive already count. */
  start(order: FleetOrder): Promise<Fleet>;
}

export interface Fleet {
  /** Resolves when no worker is left; rejects when they keep dying. */
  readonly done: Promise<void>;
  /** Asks every worker to finish and waits until all are gone. */
  stop(): Promise<void>;
  /** Leaves the workers to another coordinator; those that cannot live without this process are stopped. */
  release(): Promise<void>;
}

/** Starts nobody: workers come by themselves. */
export const noLauncher: Launcher = {
  start: async () => ({
    done: new Promise(() => {}),
    stop: async () => {},
    release: async () => {},
  }),
};
