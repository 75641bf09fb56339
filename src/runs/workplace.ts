/** Where a command works: the storage of its runs, the engine of its queue, and the closing of both. */
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { readS3Settings, stateDirectory } from '../config.ts';
import { TopfiveError } from '../errors.ts';
import { runKeys } from '../jobs/run-keys.ts';
import type { Logger } from '../log.ts';
import { type Engine, openEngine } from '../queue/engine.ts';
import { openRunQueue, type RunQueue } from '../queue/run-queue.ts';
import { digestOf } from '../storage/digest.ts';
import { openStorage } from '../storage/open.ts';
import type { Storage } from '../storage/storage.ts';
import { checkStore } from './check-store.ts';

export interface Settings {
  store: string;
  /** URL of the queue; undefined means the embedded engine of the store. */
  queue: string | undefined;
  log: Logger;
}

/** A workplace with a queue. */
export interface Workplace {
  storage: Storage;
  engine: Engine;
  queue: RunQueue;
  /** Present where this process carries the queue of one run for workers elsewhere. */
  coordination?: Coordination;
  close(): Promise<void>;
}

export interface Coordination {
  /** Tells the run's workers where the queue is; called once its jobs are on it. */
  publish(): Promise<void>;
  /** To be called when no worker is left that could do anything more. */
  fleetEnded(): void;
  /** Leaves the run to another coordinator. */
  stepDown(): void;
  /** Fires when the run is another coordinator's; its reason is the error to end with. */
  readonly over: AbortSignal;
}

/** The store's directory on this machine; for a store elsewhere, one of its own, the same wherever we stand. */
function localDirectory({ uri }: Storage): string {
  if (uri.startsWith('file:')) return fileURLToPath(uri);
  const { endpoint } = readS3Settings();
  return join(stateDirectory(), 'stores', digestOf({ uri, endpoint }).slice(0, 16));
}

/** Local directory of the embedded engine. */
export function engineDirectory(storage: Storage): string {
  return join(localDirectory(storage), 'queue');
}

/** Local file with the messages of a run's supervisor. */
export function supervisorLog(storage: Storage, runId: string): string {
  return join(localDirectory(storage), runKeys(runId).root, 'supervisor.log');
}

/** Opens storage and queue; starts the embedded engine when none runs for this store. */
export async function openWorkplace(settings: Settings): Promise<Workplace> {
  await checkStore(openStorage(settings.store));
  const opened = await joinWorkplace(settings, { own: true });
  if (opened) return opened;
  throw new TopfiveError('queue', 'no queue engine could be started; "topfive doctor" says why');
}

/** Opens storage and queue; undefined when the store's embedded engine is not running and `own` is false. */
export async function joinWorkplace(
  { store, queue, log }: Settings,
  { own }: { own: boolean },
): Promise<Workplace | undefined> {
  const storage = openStorage(store);
  const directory = engineDirectory(storage);
  const engine = await openEngine({ ...(queue && { queue }), directory, own, log });
  if (!engine) return undefined;
  try {
    const runQueue = await openRunQueue(engine.url, { log });
    return {
      storage,
      engine,
      queue: runQueue,
      async close() {
        await runQueue.close();
        await engine.close();
      },
    };
  } catch (error) {
    await engine.close();
    throw error;
  }
}
