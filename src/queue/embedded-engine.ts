/** The embedded engine of a directory: one process owns it, others attach, and the next in line succeeds it. */
import { messageOf, TopfiveError } from '../errors.ts';
import type { Logger } from '../log.ts';
import { makeFolder } from '../storage/make-folder.ts';
import { waitForEnd } from '../storage/process-identity.ts';
import {
  type EmbeddedKind,
  type Listening,
  launchServer,
  superviseServer,
} from './embedded-server.ts';
import {
  type EngineLock,
  type EngineOwner,
  isOwned,
  readEngineLock,
  tryEngineLock,
} from './engine-lock.ts';
import { pause } from './patience.ts';
import { makePrivate, removeSocketDirectory, socketDirectoryFor } from './socket-directory.ts';
import type { EngineKind } from './url.ts';

export interface Engine {
  readonly url: string;
  readonly kind: EngineKind;
  /** True while this process runs the server. Whoever is attached with `own` may come to own it. */
  readonly owned: boolean;
  close(): Promise<void>;
}

export interface EmbeddedOptions {
  directory: string;
  listen: Listening;
  /** Whether this process may run the server. */
  own: boolean;
  path: string;
  /** The only kind that will do; undefined for any. */
  wanted: EngineKind | undefined;
  /** The kind to run here; a `queue` error when there is none. */
  choose(): EmbeddedKind;
  log: Logger;
}

/** How often a waiting process looks at the lock. */
const startPollMs = 20;
const successionPollMs = 250;
const endWithinMs = 10_000;
const longestDelayMs = 5000;

/** Owns or attaches; undefined when nobody runs an engine here and `own` is false. */
export async function openEmbedded(options: EmbeddedOptions): Promise<Engine | undefined> {
  const { directory, own } = options;
  await makeDirectory(directory);
  for (;;) {
    const owner = findOwner(directory);
    if (owner?.url) return attach(options, { kind: owner.kind, url: owner.url });
    if (!owner && !own) return undefined;
    const server = owner ? undefined : await tryToRun(options, undefined);
    if (server) return { ...server, owned: true };
    await pause(startPollMs);
  }
}

async function makeDirectory(directory: string): Promise<void> {
  try {
    await makeFolder(directory);
  } catch (error) {
    throw new TopfiveError(
      'output',
      `the store's directory ${directory} cannot be made: ${messageOf(error)}; name another --store`,
      { cause: error },
    );
  }
}

function findOwner(directory: string): EngineOwner | undefined {
  const record = readEngineLock(directory);
  return record && isOwned(directory, record) ? record : undefined;
}

/** Runs the server here, or returns undefined when another process is quicker. */
async function tryToRun(
  options: EmbeddedOptions,
  formerUrl: string | undefined,
): Promise<RunningServer | undefined> {
  const chosen = options.choose();
  const lock = tryEngineLock(options.directory, chosen.kind);
  return lock && runServer(options, { lock, chosen, formerUrl });
}

interface RunningServer {
  url: string;
  kind: EngineKind;
  close(): Promise<void>;
}

/** Uses another process's engine; with `own`, takes it over when that process ends. */
function attach(
  options: EmbeddedOptions,
  { kind, url }: { kind: EngineKind; url: string },
): Engine {
  const { directory, wanted } = options;
  if (wanted !== undefined && wanted !== kind) {
    throw new TopfiveError(
      'queue',
      `the engine that runs in ${directory} is ${kind}, not ${wanted}; stop what uses it first`,
    );
  }
  const closing = new AbortController();
  let server: RunningServer | undefined;
  const succession = options.own
    ? succeed(options, { kind, url, signal: closing.signal }).then((running) => {
        server = running;
      })
    : undefined;
  return {
    kind,
    url,
    get owned() {
      return server !== undefined;
    },
    async close() {
      closing.abort();
      await succession;
      await server?.close();
    },
  };
}

/** Waits in line for the engine; resolves with it once it is this process's, or with undefined when aborted. */
async function succeed(
  options: EmbeddedOptions,
  { kind, url, signal }: { kind: EngineKind; url: string; signal: AbortSignal },
): Promise<RunningServer | undefined> {
  let delayMs = successionPollMs;
  while (!signal.aborted) {
    await pause(delayMs, signal);
    if (signal.aborted) return undefined;
    try {
      if (findOwner(options.directory)) continue;
      const server = await tryToRun({ ...options, wanted: kind }, url);
      if (!server) continue;
      options.log.info('the process that ran the queue has ended; this one runs it now');
      return server;
    } catch (error) {
      options.log.error(messageOf(error));
      delayMs = Math.min(2 * delayMs, longestDelayMs);
    }
  }
  return undefined;
}

/** Starts the server under the lock and keeps it running; a failed start leaves nothing behind. */
async function runServer(
  options: EmbeddedOptions,
  {
    lock,
    chosen,
    formerUrl,
  }: { lock: EngineLock; chosen: EmbeddedKind; formerUrl: string | undefined },
): Promise<RunningServer> {
  const { directory, listen, path, log } = options;
  const socketDirectory = socketDirectoryFor(directory);
  const undo: (() => void | Promise<void>)[] = [() => lock.release()];
  const close = async () => {
    for (const step of undo.splice(0).reverse()) await step();
  };
  try {
    await waitForPredecessor(lock);
    makePrivate(socketDirectory);
    const remove = () => removeSocketDirectory(socketDirectory);
    undo.push(remove);
    // For an exit without a close: the server follows by itself.
    process.once('exit', remove);
    undo.push(() => void process.off('exit', remove));
    const known = formerUrl ?? lock.predecessor?.url ?? undefined;
    const server = await chosen.prepare({
      directory,
      socketDirectory,
      listen,
      path,
      formerUrl: known,
    });
    const first = launchServer(server, lock);
    undo.push(() => first.stop());
    await server.waitUntilReady(first);
    lock.update({ url: server.url });
    const supervision = superviseServer(server, { first, lock, log });
    undo.push(() => supervision.stop());
    return { url: server.url, kind: chosen.kind, close };
  } catch (error) {
    await close();
    if (error instanceof TopfiveError) throw error;
    throw new TopfiveError(
      'queue',
      `the embedded ${chosen.kind} in ${directory} did not start: ${messageOf(error)}; name another queue with --queue`,
      { cause: error },
    );
  }
}

/** The server of an owner that was killed may still be writing its data. */
async function waitForPredecessor({ predecessor }: EngineLock): Promise<void> {
  const server = predecessor?.server;
  if (!server || (await waitForEnd(server, endWithinMs))) return;
  process.kill(server.pid, 'SIGKILL');
  await waitForEnd(server, endWithinMs);
}
