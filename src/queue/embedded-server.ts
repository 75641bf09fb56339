/** A server that this process runs for as long as it lives: started, and started again. */
import { messageOf } from '../errors.ts';
import type { Logger } from '../log.ts';
import type { EngineLock } from './engine-lock.ts';
import { pause } from './patience.ts';
import type { TiedProcess } from './tied-process.ts';
import type { EngineKind } from './url.ts';

/** A port that other machines reach. */
export interface NetworkListening {
  /** 0 takes a free one. */
  port: number;
  /** Name or address under which others reach this machine. */
  host: string;
  /** PEM texts and files; without them the connection is not encrypted, only guarded by its password. */
  tls?: TlsFiles;
}

export interface TlsFiles {
  certFile: string;
  keyFile: string;
  /** What signed the certificate, as PEM; clients trust it and nothing else. */
  authority: string;
}

/** `loopback` is a port of 127.0.0.1 with a password; only Redis has ports. */
export type Listening = 'socket' | 'loopback' | NetworkListening;

/** Where an embedded server keeps its data and listens. */
export interface ServerPlace {
  directory: string;
  socketDirectory: string;
  listen: Listening;
  /** Directories searched for executables. */
  path: string;
  /** Where attached processes look for it: a successor listens there again. */
  formerUrl: string | undefined;
}

/** A server that can be started, and started again on the same data and the same URL. */
export interface EmbeddedServer {
  url: string;
  launch(): TiedProcess;
  /** Rejects, with the server's last words, when it ends before it answers. */
  waitUntilReady(child: TiedProcess): Promise<void>;
}

/** One of the servers that can be embedded. */
export interface EmbeddedKind {
  kind: EngineKind;
  /** Decides where it listens and makes its data ready; the server does not run yet. */
  prepare(place: ServerPlace): Promise<EmbeddedServer>;
}

const longestDelayMs = 5000;

/** Starts the server and notes its process in the lock, for whoever comes after this one. */
export function launchServer(server: EmbeddedServer, lock: EngineLock): TiedProcess {
  const child = server.launch();
  lock.update({ server: child.identity ?? null });
  return child;
}

/** Starts the server again, on the same data and URL, whenever it ends while its owner lives. */
export function superviseServer(
  server: EmbeddedServer,
  { first, lock, log }: { first: TiedProcess; lock: EngineLock; log: Logger },
): { stop(): Promise<void> } {
  const stopping = new AbortController();
  let child = first;
  const keepRunning = async () => {
    for (let failures = 0; ; ) {
      await child.ended;
      if (stopping.signal.aborted) return;
      log.warn("the queue's server ended; starting it again");
      await pause(Math.min(50 * 2 ** failures, longestDelayMs), stopping.signal);
      if (stopping.signal.aborted) return;
      child = launchServer(server, lock);
      failures = await server.waitUntilReady(child).then(
        () => 0,
        (error) => {
          if (!stopping.signal.aborted) log.error(`it did not start: ${messageOf(error)}`);
          return failures + 1;
        },
      );
    }
  };
  const ended = keepRunning();
  return {
    async stop() {
      stopping.abort();
      await child.stop();
      await ended;
    },
  };
}
